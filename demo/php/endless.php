<?php
// A script that does not end. One of PHP's workers is busy with it as long as somebody listens.
require __DIR__ . '/stage.php';

set_time_limit(0);
echo "retry: 1000\n\n";
while (!connection_aborted()) {
    $faults = faults();
    if ($faults['drop'] > $began) exit;
    if ($faults['silence'] < $began) $had = seconds($had);
    elseif (microtime(true) * 1000 > $began + 60_000) exit; // silent, but not for ever
    usleep(200_000);
}
