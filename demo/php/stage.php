<?php
// What stands in front of both scripts: pages of other origins, credentials, faults, and no buffering.
$DEMO = getenv('DEMO_URL') ?: 'http://127.0.0.1:8420';

header('Access-Control-Allow-Origin: *');
header('Access-Control-Expose-Headers: Retry-After');
if ($_SERVER['REQUEST_METHOD'] === 'OPTIONS') {
    header('Access-Control-Allow-Headers: Authorization, Last-Event-ID');
    header('Access-Control-Max-Age: 600');
    http_response_code(204);
    exit;
}

$FOLDER = getenv('DEMO_FOLDER') ?: __DIR__;

/** What the page's buttons ask for, as the demo server left it in a file. */
function faults(): array {
    global $FOLDER;
    $found = @file_get_contents("$FOLDER/php-faults.json");
    $none = ['drop' => 0, 'silence' => 0, 'unavailable' => 0, 'unavailableUntil' => 0];
    return ($found ? json_decode($found, true) : null) ?? $none;
}

$began = microtime(true) * 1000;
$faults = faults();
// Whoever asks next is refused, even if the outage is over by then.
$noticed = (int) @file_get_contents("$FOLDER/php-noticed");
if ($faults['unavailableUntil'] > $began || $faults['unavailable'] > $noticed) {
    file_put_contents("$FOLDER/php-noticed", $faults['unavailable']);
    http_response_code(503);
    header('Retry-After: 3');
    exit;
}

// The token is the demo server's, so that one is asked whether it is good.
$asked = @file_get_contents("$DEMO/token", false, stream_context_create(['http' => [
    'header' => 'Authorization: ' . ($_SERVER['HTTP_AUTHORIZATION'] ?? 'none'),
    'ignore_errors' => true,
    'timeout' => 3,
]]));
$status = (int) substr($http_response_header[0] ?? 'HTTP/1.1 503', 9, 3);
if ($status !== 204) {
    http_response_code($status === 401 ? 401 : 503);
    exit;
}

header('Content-Type: text/event-stream');
header('Cache-Control: no-cache');
header('X-Accel-Buffering: no'); // for nginx
while (ob_get_level() > 0) ob_end_flush();

/** Sends each second after the one that the client had last: none is lost between two polls, none comes twice. */
function seconds(int $had): int {
    for ($now = time(); $had < $now; $had++) {
        $second = $had + 1;
        if ($second === $now) echo ":live\n\n";
        $data = json_encode(['at' => gmdate('c', $second), 'pid' => getmypid()]);
        echo "id: $second\nevent: servertime\ndata: $data\n\n";
    }
    flush();
    return $had;
}

$last = $_SERVER['HTTP_LAST_EVENT_ID'] ?? '';
$had = ctype_digit($last) && $last <= time() && $last > time() - 600 ? (int) $last : time() - 1;
