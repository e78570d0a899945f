-- Requests of one operation: wrk -s wrk.lua URL -- OPERATION PATH TOKEN USER NAME IDS…
-- Each thread has one connection, and changes an order of its own.
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(arguments)
  operation, path, token, user, name = unpack(arguments, 1, 5)
  item = path .. (arguments[5 + (number or 1)] or "")
  headers = {["Content-Type"] = "application/json"}
  if token ~= "-" then headers["Authorization"] = "Bearer " .. token end
  count = 0
  if operation == "change" then
    function response(_, answer) headers["If-Match"] = answer["ETag"] or answer["etag"] end
  end
end

local function body(format, ...) return string.format(format, ...) end

function request()
  count = count + 1
  if operation == "list" or operation == "trivial" then
    return wrk.format("GET", path, headers)
  elseif operation == "item" or (operation == "change" and not headers["If-Match"]) then
    return wrk.format("GET", item, headers)
  elseif operation == "change" then
    return wrk.format("PATCH", item, headers, body('{"total":"%d.50"}', count))
  end
  local format = '{"number":"%s-%d-%d","total":"12.50","user_id":"%s"}'
  return wrk.format("POST", path, headers, body(format, name, number, count, user))
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local format = '{"requests":%d,"failed":%d,"seconds":%f,"p99":%f}\n'
  io.write(string.format(format, summary.requests, failed, summary.duration / 1e6,
    latency:percentile(99) / 1e3))
end
