# Asks a running Twelvelead about an ECG page and about a recording. Needs the package httr2.
#
#   Rscript r_client.R http://127.0.0.1:8080 page.png heart.csv [--json]
#
# For education and research. Not a medical device.

library(httr2)

given <- commandArgs(trailingOnly = TRUE)
as_json <- "--json" %in% given
given <- given[given != "--json"]
if (length(given) != 3) {
  stop("usage: Rscript r_client.R SERVER PAGE SIGNAL [--json]", call. = FALSE)
}
server <- sub("/$", "", given[1])

ask <- function(path, ...) {
  asked <- request(paste0(server, path)) |>
    req_headers(Accept = "application/json") |>
    req_timeout(120) |>
    req_error(body = function(answer) resp_body_json(answer)$detail)
  if (...length() > 0) {
    asked <- req_body_multipart(asked, ...)
  }
  resp_body_string(req_perform(asked))
}

told <- list(
  models = ask("/api/v1/models"),
  page = ask("/api/v1/predictions", model = "all", file = curl::form_file(given[2])),
  signal = ask("/api/v1/signals/predictions", file = curl::form_file(given[3]))
)

if (as_json) {
  # the server's own text, so that no number is changed on the way
  cat(sprintf('{"models": %s, "page": %s, "signal": %s}\n', told$models, told$page, told$signal))
} else {
  read <- function(text) jsonlite::fromJSON(text, simplifyVector = FALSE)
  models <- read(told$models)$models
  cat(sprintf("%d models\n", length(models)))
  for (one in models) {
    title <- if (is.null(one$title)) "" else one$title
    cat(sprintf("  %-20s %-12s %s\n", one$key, one$state, title))
  }
  for (one in read(told$page)$predictions) {
    share <- max(0, unlist(one$probabilities))
    label <- if (is.null(one$label)) "-" else one$label
    cat(sprintf("page    %-20s %s %.3f (%s)\n", one$model, label, share, one$decision))
  }
  for (one in read(told$signal)$predictions) {
    counts <- paste(names(one$counts), unlist(one$counts), collapse = ", ")
    cat(sprintf("signal  %-20s %d beats: %s\n", one$model, length(one$beats), counts))
  }
  cat(read(told$signal)$notice, "\n", sep = "")
}
