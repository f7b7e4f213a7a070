/** Settings of a Gemini CLI that signs in with a key and does nothing beside its work. */
export const geminiSettings = {
  security: { auth: { selectedType: "gemini-api-key" } },
  general: { enableAutoUpdate: false },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  tools: { usePty: false },
}
