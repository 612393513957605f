package saml

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
)

// pins are the lowest versions of the libraries that read signatures. Below goxmldsig
// v1.6.0 the wrong reference of several was digested (CVE-2026-33487); below v1.6.1, and
// etree v1.7.0 that comes with it, 800 kB of nested elements cost 44 s. crewjam/saml
// v0.5.1 itself asks for v1.4.0 only.
var pins = map[string][3]int{
	"github.com/russellhaering/goxmldsig": {1, 6, 1},
	"github.com/beevik/etree":             {1, 7, 0},
	"github.com/crewjam/saml":             {0, 5, 1},
}

// built is what this program was built with, checked once. The go command writes no
// modules into test programs; there go.mod is looked at by a test.
var built = sync.OnceValue(func() error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	return checkBuild(info)
})

// checkBuild refuses a program that was built with older libraries: no provider opens.
func checkBuild(info *debug.BuildInfo) error {
	for _, m := range info.Deps {
		lowest, ok := pins[m.Path]
		version := m.Version
		if m.Replace != nil {
			version = m.Replace.Version
		}
		if ok && older(version, lowest) {
			return fmt.Errorf("built with %s %s, at least v%d.%d.%d is needed", m.Path, version, lowest[0], lowest[1], lowest[2])
		}
	}
	return nil
}

// older compares releases; what is no release counts as older.
func older(version string, than [3]int) bool {
	var v [3]int
	if n, _ := fmt.Sscanf(version, "v%d.%d.%d", &v[0], &v[1], &v[2]); n != 3 || strings.Contains(version, "-") {
		return true
	}
	for i := range v {
		if v[i] != than[i] {
			return v[i] < than[i]
		}
	}
	return false
}
