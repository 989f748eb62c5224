-- SPDX-License-Identifier: Apache-2.0
-- GET /room_list: every MUC room of this server and the nicknames in it, as JSON.
-- The servers' own word on where rooms live, independent of the router under test.
module:depends("http");

local array = require "util.array";
local json = require "util.json";
local jid = require "util.jid";

local function rooms_of(host, list)
	local muc = prosody.hosts[host] and prosody.hosts[host].modules.muc;
	if not muc then return; end
	for room in muc.all_rooms() do
		local occupants = {};
		for nick in room:each_occupant() do
			table.insert(occupants, (select(3, jid.split(nick))));
		end
		table.insert(list, { name = (jid.split(room.jid)), occupants = array(occupants) });
	end
end

local function list_rooms(event)
	local list = array({});
	for host in pairs(prosody.hosts) do
		rooms_of(host, list);
	end
	event.response.headers.content_type = "application/json";
	return json.encode({ rooms = list });
end

module:provides("http", { default_path = "/room_list", route = { GET = list_rooms } });
