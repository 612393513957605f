package native

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// HostName is the name by which the Web eID extension asks for a host.
const HostName = "eu.webeid"

// description marks our manifests: others are left alone.
const description = "guichet-reader, native host of the Web eID extension"

// The extension as the stores have it.
var (
	chromiumOrigins = []string{
		"chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/", // Chrome Web Store
		"chrome-extension://gnmckgbandlkacikdndelhfghdejfido/", // Edge Add-ons
	}
	firefoxExtensions = []string{"{e68418bc-f2b0-4459-a9ea-3e72b6751b07}"}
)

// manifest is the file that tells a browser which program is a host (one list of the two).
type manifest struct {
	Name              string   `json:"name"`
	Description       string   `json:"description"`
	Path              string   `json:"path"`
	Type              string   `json:"type"`
	AllowedOrigins    []string `json:"allowed_origins,omitempty"`    // Chromium and its kin
	AllowedExtensions []string `json:"allowed_extensions,omitempty"` // Firefox
}

var (
	// ErrForeign means that the manifest of another program stands there.
	ErrForeign = errors.New("another program is the host there")
	// ErrSystem means that manifests are not files on this system.
	ErrSystem = errors.New("this system keeps them elsewhere")
)

// Options say whose browsers are told about which program.
type Options struct {
	All        bool     // for everybody on this machine; else for one person
	Browsers   []string // of Browsers(); empty: all of them
	Program    string   // absolute path of the host
	Extensions []string // ids allowed beside those of the stores: 32 letters (Chromium) or a Firefox id
	Force      bool     // write over the manifest of another program
	Home       string   // of that person; "": the environment says
	Root       string   // put before the folders for everybody; "" outside tests
}

// Change is what was done about one browser.
type Change struct {
	Browser string
	Path    string // of the manifest
	Done    string // "written", "unchanged", "removed", "absent", "left alone"
}

// Manifest is what stands where a browser looks.
type Manifest struct {
	Browser string
	Path    string
	Program string // that it names; "" when there is none or it cannot be read
	Present bool   // there is one
	Ours    bool   // of this program
	Runs    bool   // Program is there and may be started
}

// Browsers names the browsers that Install knows.
func Browsers() []string { return []string{"chrome", "chromium", "edge", "firefox"} }

// Check refuses options that are wrong wherever they are used: a browser that is none of
// Browsers, what cannot be the id of an extension, a path that is not absolute. An empty
// Program is for Install to refuse.
func (o Options) Check() error {
	for _, browser := range o.Browsers {
		if !slices.Contains(Browsers(), browser) {
			return unknownBrowser(browser)
		}
	}
	if o.Program != "" && !filepath.IsAbs(o.Program) {
		return fmt.Errorf("program %q is not an absolute path", o.Program)
	}
	_, err := sortExtensions(o.Extensions)
	return err
}

func unknownBrowser(name string) error {
	return fmt.Errorf("browser %q is none of %s", name, strings.Join(Browsers(), ", "))
}

// Install writes a manifest for each browser, whether that is installed or not, and tells
// what it did. Doing it again changes nothing. A manifest of another program ends it with
// ErrForeign before anything is written.
func Install(o Options) ([]Change, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if err := o.checkProgram(); err != nil {
		return nil, err
	}
	extra, err := sortExtensions(o.Extensions)
	if err != nil {
		return nil, err
	}
	places, err := o.places()
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		if found := look(p); found.Present && !found.Ours && !o.Force {
			return nil, fmt.Errorf("%s: %w", p.path, ErrForeign)
		}
	}
	var changes []Change
	for _, p := range places {
		done, err := p.write(o.manifest(p, extra))
		if err != nil {
			return changes, err
		}
		changes = append(changes, Change{p.browser, p.path, done})
	}
	return changes, nil
}

// Remove takes our manifests away again and leaves those of others.
func Remove(o Options) ([]Change, error) {
	places, err := o.places()
	if err != nil {
		return nil, err
	}
	var changes []Change
	for _, p := range places {
		found := look(p)
		done := "removed"
		switch {
		case !found.Present:
			done = "absent"
		case !found.Ours:
			done = "left alone"
		default:
			if err := os.Remove(p.path); err != nil {
				return changes, err
			}
		}
		changes = append(changes, Change{p.browser, p.path, done})
	}
	return changes, nil
}

// Look tells what stands where each browser looks. Only o's All, Browsers, Home and Root
// count. Errors: ErrSystem.
func Look(o Options) ([]Manifest, error) {
	places, err := o.places()
	if err != nil {
		return nil, err
	}
	var list []Manifest
	for _, p := range places {
		list = append(list, look(p))
	}
	return list, nil
}

// maxManifest bounds a manifest that is read, in bytes.
const maxManifest = 64 << 10

func look(p place) Manifest {
	found := Manifest{Browser: p.browser, Path: p.path}
	info, err := os.Lstat(p.path)
	if err != nil {
		found.Present = !errors.Is(err, fs.ErrNotExist)
		return found
	}
	found.Present = true
	if !info.Mode().IsRegular() || info.Size() > maxManifest {
		return found
	}
	text, err := os.ReadFile(p.path)
	var m manifest
	if err != nil || json.Unmarshal(text, &m) != nil {
		return found
	}
	found.Program, found.Ours = m.Path, m.Description == description
	found.Runs = executable(m.Path) == nil
	return found
}

func executable(path string) error {
	info, err := os.Stat(path)
	var failed *fs.PathError
	switch {
	case !filepath.IsAbs(path):
		return fmt.Errorf("program %q is not an absolute path", path)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no program %s", path)
	case errors.As(err, &failed):
		return fmt.Errorf("looking at program %s: %w", path, failed.Err)
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
		return fmt.Errorf("%s is not a program", path)
	}
	return nil
}

// checkProgram refuses to make a program everybody's host that somebody else could change:
// it, and every folder on the way to it, as named and behind links, must belong to root or
// to who installs it.
func (o Options) checkProgram() error {
	if err := executable(o.Program); err != nil || !o.All {
		return err
	}
	behind, err := filepath.EvalSymlinks(o.Program)
	if err != nil {
		return err
	}
	for _, path := range []string{filepath.Clean(o.Program), behind} {
		for at, above := path, ""; at != above; at, above = filepath.Dir(at), at {
			info, err := os.Lstat(at)
			if err != nil {
				return err
			}
			if isForeign(info) || othersMayChange(info) {
				return fmt.Errorf("%s may be changed by others than its owner", at)
			}
		}
	}
	return nil
}

// othersMayChange reports whether a mode lets in others than the owner; into folders, who
// is neither owner nor of the group (Debian's staff). Where names are their owners' alone
// to change, as in /tmp, a folder is as good as closed.
func othersMayChange(info fs.FileInfo) bool {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0: // its mode says nothing
		return false
	case mode.IsDir():
		return mode&0o002 != 0 && mode&fs.ModeSticky == 0
	default:
		return mode&0o022 != 0
	}
}

var (
	chromiumID = regexp.MustCompile(`^[a-p]{32}$`)
	firefoxID  = regexp.MustCompile(`^(\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}|[a-zA-Z0-9._-]*@[a-zA-Z0-9._-]+)$`)
)

// extensions are ids by the kind of browser.
type extensions struct{ chromium, firefox []string }

func sortExtensions(ids []string) (extensions, error) {
	var e extensions
	for _, id := range ids {
		switch {
		case chromiumID.MatchString(id):
			e.chromium = append(e.chromium, "chrome-extension://"+id+"/")
		case firefoxID.MatchString(id):
			e.firefox = append(e.firefox, id)
		default:
			return extensions{}, fmt.Errorf("%q is not the id of an extension", id)
		}
	}
	return e, nil
}

func (o Options) manifest(p place, extra extensions) manifest {
	m := manifest{Name: HostName, Description: description, Path: o.Program, Type: "stdio"}
	if p.browser == "firefox" {
		m.AllowedExtensions = union(firefoxExtensions, extra.firefox)
	} else {
		m.AllowedOrigins = union(chromiumOrigins, extra.chromium)
	}
	return m
}

func union(a, b []string) []string {
	list := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// write puts the manifest in place in one step.
func (p place) write(m manifest) (done string, err error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", err
	}
	text = append(text, '\n')
	if before, err := os.ReadFile(p.path); err == nil && string(before) == string(text) {
		return "unchanged", nil
	}
	folder := filepath.Dir(p.path)
	if err := os.MkdirAll(folder, p.mode); err != nil {
		return "", err
	}
	draft, err := os.CreateTemp(folder, "."+HostName+"-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(text)
	err = errors.Join(err, draft.Chmod(0o644), draft.Sync(), draft.Close())
	if err != nil {
		return "", err
	}
	return "written", os.Rename(draft.Name(), p.path)
}

// place is where a browser looks.
type place struct {
	browser string
	path    string
	mode    fs.FileMode // of folders made on the way
}

func (o Options) places() ([]place, error) {
	wanted := o.Browsers
	if len(wanted) == 0 {
		wanted = Browsers()
	}
	folders, err := o.folders()
	if err != nil {
		return nil, err
	}
	var list []place
	for _, browser := range wanted {
		folder, ok := folders[browser]
		if !ok {
			return nil, unknownBrowser(browser)
		}
		mode := fs.FileMode(0o700)
		if o.All {
			mode = 0o755
		}
		list = append(list, place{browser, filepath.Join(folder, HostName+".json"), mode})
	}
	return list, nil
}
