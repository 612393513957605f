package reader

import (
	"os"
	"path/filepath"
	"runtime"
)

// Where installers put modules, most trusted first: the Belgian middleware knows every
// Belgian card and both keys; OpenSC refuses the signature key; the p11-kit proxy
// shows whatever is registered with it.
var places = map[string][]string{
	"linux": {
		"/usr/lib/*/libbeidpkcs11.so.0",
		"/usr/lib64/libbeidpkcs11.so.0",
		"/usr/lib/libbeidpkcs11.so.0",
		"/usr/local/lib/libbeidpkcs11.so.0",
		"/usr/lib/*/opensc-pkcs11.so",
		"/usr/lib64/opensc-pkcs11.so",
		"/usr/lib/opensc-pkcs11.so",
		"/usr/lib/*/p11-kit-proxy.so",
		"/usr/lib64/p11-kit-proxy.so",
	},
	"darwin": {
		"/Library/Belgium Identity Card/Pkcs11/beid-pkcs11.bundle/Contents/MacOS/libbeidpkcs11.dylib",
		"/usr/local/lib/libbeidpkcs11.dylib",
		"/Library/OpenSC/lib/opensc-pkcs11.so",
		"/opt/homebrew/lib/p11-kit-proxy.dylib",
	},
	"windows": {
		`C:\Windows\System32\beidpkcs11.dll`,
		`C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll`,
	},
}

// FindModules returns the paths of installed PKCS#11 modules that serve identity
// cards, best first: the Belgian middleware, then OpenSC, then the p11-kit proxy. A
// library reached by two names is listed once. None is loaded; nil when there is none.
func FindModules() []string { return findBelow("/", places[runtime.GOOS]) }

// findBelow looks for the patterns below root, so that a test can have its own.
func findBelow(root string, patterns []string) []string {
	var list []string
	var seen []os.FileInfo
	for _, pattern := range patterns {
		if root != "/" {
			pattern = filepath.Join(root, pattern)
		}
		found, _ := filepath.Glob(pattern) // the patterns are ours and well-formed
	next:
		for _, path := range found {
			info, err := os.Stat(path)
			if err != nil || info.IsDir() {
				continue
			}
			for _, other := range seen {
				if os.SameFile(info, other) {
					continue next
				}
			}
			seen = append(seen, info)
			list = append(list, path)
		}
	}
	return list
}
