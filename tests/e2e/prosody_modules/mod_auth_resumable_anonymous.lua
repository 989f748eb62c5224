-- SPDX-License-Identifier: Apache-2.0
-- Anonymous log-in that lets a client come back as who it was: ?previd=<stream id> names the stream
-- to resume, as in Jitsi's own Prosody module. Without it a random name would make every
-- resumption fail, since Prosody looks streams up by user.
local jid = require "util.jid";
local new_sasl = require "util.sasl".new;

local streams = module:shared("/*/smacks/resumption-tokens"); -- user@host/stream id → session

local function remember(event)
	local query = event.request.url and event.request.url.query or event.request.path or "";
	event.session.previous_stream = query:match("previd=([^&]+)");
end
module:hook_global("websocket-session", remember);
module:hook_global("bosh-session", remember);

local function user_of(stream)
	for full in pairs(streams) do
		local user, _, id = jid.split(full);
		if id == stream then return user; end
	end
end

local provider = {};

function provider.get_sasl_handler(session)
	local handler = new_sasl(module.host, { anonymous = function () return true; end });
	local process = handler.process;
	function handler:process(message)
		local status, answer, text = process(self, message);
		local previous = session.previous_stream and user_of(session.previous_stream);
		if status == "success" and previous then self.username = previous; end
		return status, answer, text;
	end
	return handler;
end

function provider.test_password() return nil, "anonymous only"; end
function provider.get_password() return nil, "anonymous only"; end
function provider.set_password() return nil, "anonymous only"; end
function provider.user_exists() return nil, "anonymous only"; end
function provider.create_user() return nil, "anonymous only"; end

module:provides("auth", provider);
