-- Which bodies nginx takes in, and for how long.
--
-- nginx alone counts connections whatever they bring, has no total time for a body (only one between two
-- of its parts), and keeps its counts where a worker that was killed leaves them for ever. So the counts
-- are kept here, in the one worker's own memory, and a light thread watches each body that is read.
--
-- A body is let in while its announced bytes fit into what RUN_DIR and the machine have room for
-- (supervise.py says how much), and while its sender and its kind have not their share already. Requests
-- without a body are never counted, so that pages and probes always pass.
local M = {
    room = 0,  -- bytes that all bodies may hold at once
    window = 15,  -- s; in each of them
    least = 8192,  -- bytes must have come, or nobody is really sending
}

local kinds = {  -- at once: of all, of one sender; seconds in all; bytes of a body that announces no length
    page = { most = 512, each = 32, seconds = 60, largest = 10100000 },
    recording = { most = 40, each = 8, seconds = 120, largest = 50100000 },
    answer = { most = 16, each = 6 },  -- large answers, for which the app waits until they are read
}
local inside = { page = 0, recording = 0, answer = 0 }
local of_sender = {}  -- "kind sender" or sender -> how many, how many bytes
local held = {}  -- connection -> what its request holds; ngx.ctx does not outlive an error page
local bytes = 0

-- An IPv4 address, or the /64 of an IPv6 address: whoever has one has all of it.
local function sender()
    local address = ngx.var.client_address
    if address == "" then
        address = ngx.var.remote_addr
    end
    address = address:match("^::[fF]+:(%d+%.[%d.]+)$") or address  -- IPv4 in IPv6
    if not address:find(":", 1, true) then
        return address
    end
    local groups = {}
    local left = address:match("^(.-)::") or address
    for group in left:gmatch("%x+") do
        groups[#groups + 1] = group:lower():gsub("^0+(%x)", "%1")
    end
    for place = #groups + 1, 4 do
        groups[place] = "0"
    end
    return table.concat(groups, ":", 1, 4)
end

local function add(name, count)
    local sum = (of_sender[name] or 0) + count
    of_sender[name] = sum ~= 0 and sum or nil
end

local function has_room(kind, one)
    local limits = kinds[kind]
    return inside[kind] < limits.most
        and (of_sender[kind .. " " .. one.sender] or 0) < limits.each
        and bytes + one.size <= M.room
        -- half of the room for one sender, or one body
        and ((of_sender[one.sender] or 0) + one.size <= M.room / 2 or not of_sender[one.sender])
end

local function enter(kind, size)
    local one = { kind = kind, sender = sender(), size = size }
    if not has_room(kind, one) then
        return ngx.exit(503)
    end
    held[ngx.var.connection] = one
    inside[kind] = inside[kind] + 1
    bytes = bytes + size
    add(kind .. " " .. one.sender, 1)
    add(one.sender, size)
end

-- For the end of every request, however it ended.
function M.leave()
    local one = held[ngx.var.connection]
    if one then
        held[ngx.var.connection] = nil
        inside[one.kind] = inside[one.kind] - 1
        bytes = bytes - one.size
        add(one.kind .. " " .. one.sender, -1)
        add(one.sender, -one.size)
    end
end

local function watch(seconds)
    local last, before = ngx.now() + seconds, 0
    while true do
        ngx.sleep(math.min(M.window, last - ngx.now()))
        local come = tonumber(ngx.var.request_length)
        if ngx.now() >= last or come - before < M.least then
            return "late"
        end
        before = come
    end
end

-- Reads a body in full, before the app hears of it.
function M.take(kind)
    local length, chunked = tonumber(ngx.var.http_content_length) or 0, ngx.var.http_transfer_encoding
    if length == 0 and not chunked then
        return
    end
    enter(kind, chunked and kinds[kind].largest or length)
    local reading = ngx.thread.spawn(function() ngx.req.read_body() end)
    local watching = ngx.thread.spawn(watch, kinds[kind].seconds)
    local _, late = ngx.thread.wait(reading, watching)
    if late then
        return ngx.exec("/late")
    end
    ngx.thread.kill(watching)
end

-- The same where a page or a recording may come: what is larger than a page can be is a recording.
function M.take_either()
    local length = tonumber(ngx.var.http_content_length) or math.huge
    M.take(length > kinds.page.largest and "recording" or "page")
end

-- Counts those who fetch what is large, whose bodies are not counted already.
function M.give()
    if not held[ngx.var.connection] then
        enter("answer", 0)
    end
end

return M
