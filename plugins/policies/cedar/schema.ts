/** The Cedar schema of what the pack asks about. A fleet that wants attributes of its own writes its own `schema`, which must have these actions. */
export const defaultSchema = `entity Group in [Group];
entity Fleet;
entity Session in [Session, Group];
entity Tool in [Group];
entity Driver in [Group];
entity Artifact in [Group];

action tool appliesTo {
  principal: [Session],
  resource: [Tool],
  context: {
    "command"?: String,
    "line"?: String,
    "plain": Bool,
    "path"?: String,
    "inside": Bool,
    "input": String,
    "risk": String,
    "scope"?: String,
    "permissions"?: String,
  }
};
action prompt appliesTo {
  principal: [Session, Fleet],
  resource: [Session, Fleet],
  context: { "text": String }
};
action route appliesTo {
  principal: [Session, Fleet],
  resource: [Session],
  context: { "rule": String, "action": String }
};
action spawn appliesTo {
  principal: [Session],
  resource: [Driver],
  context: { "model"?: String, "permissions": String, "workspace": String, "effect": String, "asks": Bool }
};
action artifact appliesTo {
  principal: [Session],
  resource: [Artifact],
  context: { "mime"?: String, "uri"?: String }
};
`
