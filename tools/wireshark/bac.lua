-- SPDX-License-Identifier: GPL-2.0-only
-- Wireshark dissector of bac's frames: behind Wireshark's own of WSMP (IEEE 1609.3), the link's frames (bac-core/src/link/internal.h),
-- the objects in them and the signed messages' headers (bac-core/proto/bac.proto).
-- Usage: tshark -X lua_script:bac.lua -r FILE.pcap -V     or copy it into Wireshark's folder of personal plugins.

local PSID = 0x7f -- which the registry keeps for testing; what bac-compare sends

local FRAME = { [1] = "bundle", [2] = "symbol", [3] = "need", [4] = "route" }
local KIND = { [0] = "EV", [1] = "RSU", [2] = "MBS" }
local CLASS = { [0] = "control", [1] = "vote", [2] = "bulk" }
local ITEM = { [1] = "data", [2] = "advert" }
local OBJECT = { [1] = "transaction", [2] = "message", [3] = "gossip", [4] = "announcement" }
local PROTOCOL = { [0] = "any", [1] = "pbft", [2] = "bac", [3] = "leader", [4] = "hashgraph", [5] = "bac2" }
local ROLE = { [0] = "CS", [1] = "CP", [2] = "primary" }
local TYPE = {
  [1] = "FETCH", [2] = "CERTIFIED", [3] = "CLOSE", [4] = "BOUNDARY", [5] = "SNAPSHOT", [6] = "STALL", [7] = "RECOVER", [8] = "AGREE",
  [16] = "PRE_PREPARE", [17] = "PREPARE", [18] = "COMMIT", [19] = "CHECKPOINT", [20] = "VIEW_CHANGE", [21] = "NEW_VIEW",
  [32] = "BLOCK_REQUEST", [33] = "CP_VALIDATE", [34] = "CS_CONSENSUS", [35] = "QC", [36] = "TIMEOUT", [37] = "TC", [38] = "CLAIM",
  [48] = "SYNC", [49] = "COMMITTEE_VOTE",
}

local bac = Proto("bac", "Blockchain consensus of electric vehicles")
local f = {}
local function field(name, kind, title, ...)
  f[name] = ProtoField[kind]("bac." .. name, title, ...)
end
field("version", "uint8", "Version", base.HEX)
field("frame", "uint8", "Frame", base.DEC, FRAME, 0x0f)
field("kind", "uint8", "Transmitter is", base.DEC, KIND, 0x70)
field("weak", "bool", "Hears few stations", 8, nil, 0x80)
field("shard", "uint16", "Shard")
field("transmitter", "uint16", "Transmitter")
field("next_hop", "uint16", "Next hop")
field("count", "uint8", "Broadcast frames so far, modulo 128; bit 7: by the radio that carries bulk alone")
field("item", "uint8", "Item", base.DEC, ITEM, 0x0f)
field("class", "uint8", "Class", base.DEC, CLASS, 0xf0)
field("attempt", "uint8", "Attempt")
field("hops", "uint8", "Hops left")
field("origin", "uint16", "Originator")
field("destination", "uint16", "Destination")
field("length", "uint32", "Length")
field("id", "bytes", "Object id")
field("symbol_bytes", "uint16", "Bytes of a symbol")
field("symbol_class", "uint8", "Class of the symbol", base.DEC, CLASS, 0x7f)
field("answer", "bool", "Unicast answer to a need", 8, nil, 0x80)
field("burst", "uint8", "Needs heard")
field("remaining", "uint16", "Symbols still to come")
field("generation", "uint16", "Generation", base.DEC, nil, 0xf000)
field("index", "uint16", "Symbol", base.DEC, nil, 0x0fff)
field("symbol", "bytes", "Bytes of the symbol")
field("holder", "uint16", "Holder asked first")
field("generations", "uint8", "Generations", base.DEC, nil, 0x7f)
field("of_rsus", "bool", "Of EVs the originator alone is to answer", 8, nil, 0x80)
field("lacked", "bytes", "Symbols lacked, by generation (16 bits each)")
field("route", "uint16", "Heard lately")
field("quality", "uint8", "Share of its frames that arrive, in 1/255")
field("object", "uint8", "Object", base.DEC, OBJECT)
field("protocol", "uint32", "Protocol", base.DEC, PROTOCOL)
field("type", "uint32", "Type", base.DEC, TYPE)
field("role", "uint32", "Role", base.DEC, ROLE)
field("message_shard", "uint32", "Shard of the message")
field("epoch", "uint64", "Epoch")
field("view", "uint64", "View or round")
field("height", "uint64", "Height")
field("step", "uint32", "Step")
field("digest", "bytes", "Digest")
field("sender", "uint32", "Sender")
field("signature", "bytes", "Signature")
field("payload", "bytes", "Payload")
field("stamp", "uint64", "Stamp")
field("from", "uint32", "From")
field("to", "uint32", "To")
field("nonce", "uint64", "Nonce")
field("amount_milli", "uint64", "Amount, thousandths")
field("fee_milli", "uint64", "Fee, thousandths")
field("created_ns", "uint64", "Created at, ns of the sender's clock")
field("memo", "bytes", "Memo")
field("record", "uint32", "Record kind")
for _, one in pairs(f) do bac.fields[#bac.fields + 1] = one end
local torn = ProtoExpert.new("bac.torn", "Torn: shorter than it says", expert.group.MALFORMED, expert.severity.ERROR)
bac.experts = { torn }

-- Fields of protocol buffers by number (bac.proto); those of a number are read one after the other, whatever their order.
local ENVELOPE = { "protocol", "type", "role", "message_shard", "epoch", "view", "height", "step", "digest", "sender", "signature" }
local TRANSACTION = { "from", "to", "nonce", "amount_milli", "fee_milli", "created_ns", "memo", "signature", "record" }

-- value, bytes used; nothing if it does not end in time
local function varint(tvb, at)
  local value, shift = UInt64(0), 0
  for i = at, math.min(at + 9, tvb:len() - 1) do
    local byte = tvb(i, 1):uint()
    value = value + UInt64(byte % 128):lshift(shift)
    shift = shift + 7
    if byte < 128 then return value, i - at + 1 end
  end
end

local WIDE = { epoch = true, view = true, height = true, nonce = true, amount_milli = true, fee_milli = true, created_ns = true }

-- Returns what it found, by name; fields that hold their default are not on the air.
local function message(tvb, tree, names)
  local at, found = 0, {}
  while at < tvb:len() do
    local key, used = varint(tvb, at)
    if not key then return nil end
    local start, name, wire = at, names[key:rshift(3):tonumber()], key:band(7):tonumber()
    at = at + used
    local value
    value, used = varint(tvb, at)
    if not value or not name then return nil end
    at = at + used
    if wire == 0 then
      if WIDE[name] then tree:add(f[name], tvb(start, at - start), value) else tree:add(f[name], tvb(start, at - start), value:tonumber()) end
      found[name] = value:tonumber()
    elseif wire == 2 then
      local length = value:tonumber()
      if at + length > tvb:len() then return nil end
      if length > 0 then tree:add(f[name], tvb(at, length)) end
      at = at + length
    else
      return nil
    end
  end
  return found
end

local function object(tvb, tree)
  local kind = tvb(0, 1):uint()
  tree:add(f.object, tvb(0, 1))
  if kind == 1 and tvb:len() > 1 then
    local found = message(tvb(1):tvb(), tree, TRANSACTION)
    return found and string.format("transaction of %d", found.from or 0)
  elseif kind == 2 and tvb:len() > 3 then
    local length = tvb(1, 2):le_uint()
    if 3 + length > tvb:len() then return nil end
    local found = message(tvb(3, length):tvb(), tree, ENVELOPE)
    if tvb:len() > 3 + length then tree:add(f.payload, tvb(3 + length)) end
    return found and string.format("%s %s of %d, height %d", PROTOCOL[found.protocol or 0] or "?", TYPE[found.type or 0] or "?",
                                   found.sender or 0, found.height or 0)
  elseif kind == 3 and tvb:len() >= 20 then
    tree:add(f.protocol, tvb(1, 1))
    tree:add_le(f.message_shard, tvb(2, 2))
    tree:add_le(f.epoch, tvb(4, 8))
    tree:add_le(f.stamp, tvb(12, 8))
    if tvb:len() > 20 then tree:add(f.payload, tvb(20)) end
    return string.format("%s events", PROTOCOL[tvb(1, 1):uint()] or "?")
  elseif kind == 4 and tvb:len() > 13 then
    tree:add_le(f.epoch, tvb(5, 8))
    tree:add(f.payload, tvb(13))
    return string.format("announcement of the controller to shard %d", tvb(1, 4):le_uint())
  end
end

local FIXED = {
  data = { { "attempt", 1 }, { "hops", 1 }, { "origin", 2 }, { "destination", 2 }, { "length", 2 }, { "id", 8 } },
  advert = { { "id", 16 }, { "length", 4 }, { "symbol_bytes", 2 }, { "origin", 2 }, { "destination", 2 } },
  symbol = { { "id", 16 }, { "length", 4 }, { "origin", 2 }, { "destination", 2 }, { "symbol_class", 1, "answer" }, { "burst", 1 },
             { "remaining", 2 }, { "generation", 2, "index" } },
  need = { { "id", 16 }, { "length", 4 }, { "symbol_bytes", 2 }, { "holder", 2 }, { "generations", 1, "of_rsus" } },
}

-- Fields of fixed size from `at` on; the place behind them, or nothing if they are torn.
local function fixed(tvb, at, tree, layout)
  for _, one in ipairs(layout) do
    if at + one[2] > tvb:len() then return nil end
    local range = tvb(at, one[2])
    if one[1] == "id" then tree:add(f.id, range) else tree:add_le(f[one[1]], range) end
    if one[3] then tree:add_le(f[one[3]], range) end
    at = at + one[2]
  end
  return at
end

-- Returns what the frame is about, or nothing if it is torn.
local function bundle(tvb, at, tree)
  local said = {}
  while at < tvb:len() do
    local kind = ITEM[tvb(at, 1):uint() % 16]
    if not kind then return nil end
    local item = tree:add(bac, tvb(at), kind)
    item:add(f.item, tvb(at, 1))
    item:add(f.class, tvb(at, 1))
    local next = fixed(tvb, at + 1, item, FIXED[kind])
    if not next then return nil end
    if kind == "data" then
      local length = tvb(at + 7, 2):le_uint()
      if length == 0 or next + length > tvb:len() then return nil end
      local what = object(tvb(next, length):tvb(), item)
      if not what then return nil end
      item:append_text(": " .. what)
      said[#said + 1] = what
      next = next + length
    else
      said[#said + 1] = string.format("advert of %d bytes", tvb(at + 17, 4):le_uint())
    end
    item:set_len(next - at)
    at = next
  end
  return #said > 0 and table.concat(said, "; ") or "hello"
end

local function frame(tvb, tree)
  local top = tree:add(bac, tvb())
  if tvb:len() < 9 then return nil, top end
  top:add(f.version, tvb(0, 1))
  top:add(f.frame, tvb(1, 1))
  top:add(f.kind, tvb(1, 1))
  top:add(f.weak, tvb(1, 1))
  top:add_le(f.shard, tvb(2, 2))
  top:add_le(f.transmitter, tvb(4, 2))
  top:add_le(f.next_hop, tvb(6, 2))
  top:add(f.count, tvb(8, 1))
  local kind = FRAME[tvb(1, 1):uint() % 16]
  if kind == "bundle" then return bundle(tvb, 9, top), top end
  if kind == "route" then
    local at = 9
    while at + 3 <= tvb:len() do
      at = fixed(tvb, at, top, { { "route", 2 }, { "quality", 1 } })
    end
    return at == tvb:len() and "route", top
  end
  local at = kind and fixed(tvb, 9, top, FIXED[kind])
  if not at or at >= tvb:len() then return nil, top end
  top:add(kind == "symbol" and f.symbol or f.lacked, tvb(at))
  return string.format("%s of an object of %d bytes", kind, tvb(25, 4):le_uint()), top
end

-- Place of the payload and its length, if it is a WSMP frame of bac's PSID (IEEE Std 1609.3-2016, 8.3).
local function wsmp(tvb)
  if tvb:len() < 4 or tvb(0, 1):uint() ~= 3 or tvb(1, 1):uint() ~= 0 or tvb(2, 1):uint() ~= PSID then return nil end
  local length, at = tvb(3, 1):uint(), 4
  if length >= 0x80 then
    if tvb:len() < 5 then return nil end
    length, at = (length % 0x40) * 256 + tvb(4, 1):uint(), 5
  end
  return at, length
end

local ethertype = DissectorTable.get("ethertype")
local standard = ethertype:get_dissector(0x88dc)

function bac.dissector(tvb, pinfo, tree)
  if standard then standard:call(tvb, pinfo, tree) end
  local at, length = wsmp(tvb)
  if not at then return end
  local left = tvb:reported_length_remaining(at)
  local what, top = frame(tvb(at, math.min(length, tvb:len() - at)):tvb(), tree)
  pinfo.cols.protocol = "BAC"
  if what and length <= left then
    pinfo.cols.info = what
    top:append_text(": " .. what)
  else
    top:add_proto_expert_info(torn)
  end
end

ethertype:set(0x88dc, bac)
