// Appended to config.js.
config.disableInviteFunctions = false;
