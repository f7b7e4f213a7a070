/** Settings of an OpenCode that knows no service but the stand-in at `address`, and asks before it acts. */
const model = (name: string) => ({ name, tool_call: true, limit: { context: 100_000, output: 8000 }, cost: { input: 1, output: 2 } })

export const openCodeConfig = (address: string) => ({
  autoupdate: false,
  share: "disabled",
  model: "stand-in/small",
  small_model: "stand-in/small",
  // the services' names are told by the SDK it comes with
  provider: {
    "stand-in": {
      npm: "@ai-sdk/anthropic",
      name: "stand-in",
      options: { baseURL: `${address}/v1`, apiKey: "key-of-no-account-0000" },
      models: { small: model("small"), "suite-model": model("suite-model") },
    },
  },
  permission: { bash: "ask", edit: "ask" },
})
