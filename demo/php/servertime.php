<?php
// A script that ends. The client comes again after `retry`, so this is polling, with everything that a stream has.
require __DIR__ . '/stage.php';

echo "retry: 2000\n\n";
seconds($had);
