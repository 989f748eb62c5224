// Appended to interface_config.js.
interfaceConfig.APP_NAME = 'Jitsi Meet';
