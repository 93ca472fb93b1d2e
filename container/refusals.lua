-- What nginx says by itself, in the app's words and with its headers: the tests compare them.
local M = {}

local titles = {
    [400] = "Bad Request",
    [404] = "Not Found",
    [405] = "Method Not Allowed",
    [408] = "Request Timeout",
    [413] = "Request Entity Too Large",
    [414] = "Request-URI Too Long",
    [431] = "Request Header Fields Too Large",
    [500] = "Internal Server Error",
    [501] = "Not Implemented",
    [503] = "Service Unavailable",
    [505] = "HTTP Version Not Supported",
}
local sentences = {
    [400] = "The request can't be read: see the API page for what it should hold.",
    [404] = "There is nothing at this address.",
    [405] = "This address doesn't take that method: see the API page.",
    [408] = "The request took too long to arrive: send less, or over a faster connection.",
    [413] = "The request is too large: send one picture of at most 10 MB, saved smaller or as JPEG.",
    [414] = "The address is too long.",
    [431] = "The head of the request is too large.",
    [501] = "Of transfer codings only `chunked` is known here.",
    [503] = "The server is busy. Try it again in a moment.",
}
local too_large_recording = "The request is too large: send one recording of at most 50 MB."
local headers = {
    ["Cache-Control"] = "no-store",
    ["Content-Security-Policy"] = "default-src 'none'; img-src 'self' blob: data:; style-src 'self'; "
        .. "script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        .. "base-uri 'none'",
    ["X-Content-Type-Options"] = "nosniff",
    ["Referrer-Policy"] = "same-origin",
    ["Cross-Origin-Opener-Policy"] = "same-origin",
    ["Cross-Origin-Resource-Policy"] = "same-origin",
}
local other = { [500] = 503, [502] = 503, [504] = 503 }  -- a full disk is a 500 of nginx's

-- Whether the client is a program, as the app decides it; who sent no HTTP is one.
local function wants_json(path)
    return path:find("^/api/") or not (ngx.var.http_accept or ""):find("text/html", 1, true)
end

-- Answers with a status and ends the request.
function M.answer(status)
    status = other[status] or status
    local path = (ngx.var.request_uri or ""):match("^[^?]*")
    local title = titles[status] or "Error"
    local detail = sentences[status] or title .. "."
    if status == 413 and (path == "/signals" or path == "/api/v1/signals/predictions" or path == "/predict") then
        detail = too_large_recording
    end
    ngx.status = status
    for name, value in pairs(headers) do
        ngx.header[name] = value
    end
    if status == 503 then
        ngx.header["Retry-After"] = 2
    end
    local text = detail .. "\n"
    ngx.header["Content-Type"] = "text/plain; charset=utf-8"
    if wants_json(path) then
        ngx.header["Content-Type"] = "application/problem+json"
        text = '{"type":"about:blank","title":"' .. title .. '","status":' .. status
            .. ',"detail":"' .. detail .. '","instance":null}'
    end
    ngx.header["Content-Length"] = #text
    ngx.print(text)
    return ngx.exit(ngx.HTTP_OK)
end

return M
