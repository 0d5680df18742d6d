/**
 * Everything that can go wrong on request, and what exactly happens. A name is used in rules and in counts. "The
 * first row" is the first of `data`; its first text field among content, firstName, title, names of stage and source.
 * Parameters in parentheses go into `FaultRule.params`.
 */
export const faultNames = {
  'unauthorised-json': 'Answers 401 with a JSON body, as for a wrong token.',
  'unauthorised-text': 'Answers 401 with plain text, as for a wrong token.',
  'unauthorised-200': 'Answers 200 with a CT4xx code whose message speaks of the access token.',
  'unknown-web-key': 'Answers as if the web key of the request were unknown.',
  'token-rotated':
    'Changes the enterprise token (to `newToken`) just before this request, which then fails by itself.',
  forbidden: 'Answers 403 with a JSON body.',
  'operation-not-found': 'Answers 404 with the CT404 envelope.',
  'rate-limited-seconds': 'Answers 429 with Retry-After in seconds (`retryAfter`, default 7).',
  'rate-limited-date':
    'Answers 429 with Retry-After as an HTTP date (`retryAfter` text, default 7 s ahead of the wall clock).',
  'rate-limited-negative': 'Answers 429 with Retry-After: -5.',
  'rate-limited-huge': 'Answers 429 with Retry-After: 999999.',
  'rate-limited-garbage': 'Answers 429 with Retry-After: soon.',
  'rate-limited-bare': 'Answers 429 without Retry-After.',
  'server-error': 'Answers 500 with a plain text body.',
  'bad-gateway-html': 'Answers 502 with the HTML page of a proxy.',
  unavailable: 'Answers 503 with an HTML body.',
  'gateway-timeout': 'Answers 504 with an HTML body.',
  'login-page': 'Answers 200 with the HTML of a sign-in page.',
  redirect: 'Answers 302 to another origin (`location`).',
  'no-content': 'Answers 204.',
  'empty-body': 'Answers 200, JSON by its content type, with no byte in the body.',
  'error-body': 'Answers 200 with an envelope of another result code (`code`, default CT_500; `message`).',
  'slow-answer': 'Waits `ms` (default 3000) before the first byte, then answers in full.',
  'slow-drip': 'Sends one byte every `ms` (default 50), with the right Content-Length.',
  'never-answers': 'Keeps the connection open and sends nothing.',
  'hung-up': 'Closes the connection without a byte.',
  'cut-body': 'Announces the full Content-Length, sends half of the body and closes.',
  'reset-while-chunked': 'Sends half of the body in chunks and resets the connection.',
  'truncated-gzip': 'Answers 200 with the first half of a gzip body, its Content-Length right for that half.',
  'gzip-bomb':
    'Answers 200 with a small gzip body that inflates to `megabytes` (default 200) of spaces before the JSON.',
  'huge-headers': 'Adds 20 kB of header to a good answer.',
  'many-headers': 'Adds a hundred headers of 200 bytes to a good answer.',
  'invalid-json': 'Puts a trailing comma into the envelope.',
  'cut-json': 'Ends the JSON in the middle of a row; HTTP looks complete.',
  'total-missing': 'Leaves TotalRecord out.',
  'total-as-text': 'Sends TotalRecord as text.',
  'other-key-spelling': 'Spells the result code key and the code the other way.',
  'data-missing': 'Leaves data out of a success.',
  'data-not-an-array': 'Sends data as an object.',
  'empty-list': 'Sends a success with TotalRecord 0 and no row.',
  'half-list': 'Pretends that only the first half of the list exists, TotalRecord included.',
  'half-list-full-total': 'Sends only rows of the first half of the list under the full TotalRecord.',
  'total-too-high': 'Says 500 more in TotalRecord than there are.',
  'same-page-for-ever': 'Answers the first page whatever the offset.',
  'alternate-pages': 'Answers the first and the second page in turn, whatever the offset.',
  'page-overlaps': 'Begins a page with the last row of the one before; only for offsets above 0.',
  'row-inserted':
    'Adds a row before answering an offset above 0; newest first, everything behind it shifts by one.',
  'row-removed':
    'Removes the first row of the list before answering an offset above 0, so that the pages shift by one.',
  'other-account': "Answers with another account's data (`webKey`, default the next account).",
  'long-text': 'Puts 1 MB (`bytes`) of text into the first row.',
  'huge-body': 'Adds a row field of 30 MB (`bytes`).',
  emoji: 'Puts emoji, joined ones too, into the first row.',
  'lone-surrogate': String.raw`Puts \ud800, escaped, into the first row.`,
  'null-character': String.raw`Puts \u0000, escaped, into the first row.`,
  'script-text': 'Puts HTML with a script and an event handler into the first row.',
  'invalid-utf8': 'Puts the bytes C3 28 into the first row.',
  latin1: 'Sends the body in ISO 8859-1, says so in the content type, with an é in the first row.',
  'byte-order-mark': 'Sends a UTF-8 byte order mark before the JSON.',
  'duplicate-keys': 'Repeats the first key of the first row with the value "second".',
  'deep-nesting': 'Adds a field of arrays 20,000 deep (`depth`) to the first row.',
  'proto-key': 'Adds the key __proto__ with {"isAdmin":true} to the first row.',
  'number-id': 'Sends the id of the first row as the JSON number 9007199254740993.',
  'strange-date':
    'Sends `value` (default 0000-00-00 00:00:00) as the created and modified date of the first row.',
  'strange-amount': 'Sends `value` (default 1.234,56) as the deal_size of the first row.',
  'unknown-field': 'Adds the field favourite_colour to every row.',
  'field-missing': 'Leaves `field` (default last_modified_date) out of every row.',
  'field-null': 'Sends null as `field` (default deal_size) of every row.',
  'id-missing': 'Leaves the id out of the first row.',
} as const

/** A key of `faultNames`. */
export type FaultName = keyof typeof faultNames
