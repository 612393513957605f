package saml

import (
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	crew "github.com/crewjam/saml"

	"guichet.example/auth/federation"
)

// What the commands are built with: the go command writes it into them from here.
func TestSignatureLibrariesAreNotOlderThanTheirFixes(t *testing.T) {
	for path, lowest := range pins {
		out, err := exec.Command("go", "list", "-m", "-f", "{{if .Replace}}{{.Replace.Version}}{{else}}{{.Version}}{{end}}", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		if version := strings.TrimSpace(string(out)); older(version, lowest) {
			t.Errorf("go.mod selects %s %s, at least v%d.%d.%d is needed", path, version, lowest[0], lowest[1], lowest[2])
		}
	}
	if err := built(); err != nil {
		t.Error(err)
	}
}

func TestAnOlderBuildIsRefused(t *testing.T) {
	const dsig = "github.com/russellhaering/goxmldsig"
	for version, want := range map[string]bool{
		"v1.6.1": true, "v1.6.2": true, "v1.10.0": true, "v2.0.0": true,
		"v1.6.0": false, "v1.4.0": false, "v0.9.9": false, "": false, "(devel)": false, "v1.6.1-0.20260101000000-abcdefabcdef": false,
	} {
		for _, info := range []debug.BuildInfo{
			{Deps: []*debug.Module{{Path: dsig, Version: version}}},
			{Deps: []*debug.Module{{Path: dsig, Version: "v1.6.1", Replace: &debug.Module{Version: version}}}},
		} {
			if err := checkBuild(&info); (err == nil) != want {
				t.Errorf("checkBuild(%q) = %v", version, err)
			}
		}
	}
}

// The library's own bounds are variables of its package: whoever sets them elsewhere
// sets them for this provider too.
func TestTheLibraryKeepsOurClock(t *testing.T) {
	if crew.MaxClockSkew != federation.Skew || crew.MaxIssueDelay != 4*time.Minute {
		t.Errorf("crewjam/saml has MaxClockSkew %v and MaxIssueDelay %v", crew.MaxClockSkew, crew.MaxIssueDelay)
	}
}
