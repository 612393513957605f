<?php
// Router of PHP's own server: the first .php of the path is the program, the rest is for it.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$www = '/usr/share/simplesamlphp/www';
if (!preg_match('#^(/[A-Za-z0-9_/-]+?\.php)(/.*)?$#', $path, $m) || !is_file($www . $m[1])) {
    http_response_code(404);
    exit;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $m[1];
$_SERVER['SCRIPT_FILENAME'] = $www . $m[1];
$_SERVER['PATH_INFO'] = isset($m[2]) ? $m[2] : '';
chdir(dirname($_SERVER['SCRIPT_FILENAME']));
require $_SERVER['SCRIPT_FILENAME'];
