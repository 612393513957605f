package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// types are the media types of the files there may be.
var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
}

// file is one static file as it goes out.
type file struct {
	url       string // with its hash
	integrity string
	mediaType string
	plain     []byte
	zipped    []byte // nil if no smaller
}

type site struct {
	byName map[string]*file
	byURL  map[string]*file
}

// prepare reads all files below "static". Scripts wait until those they import are
// ready, since the hash of a script covers the addresses it imports.
func prepare(from fs.FS) (*site, error) {
	s := &site{byName: map[string]*file{}, byURL: map[string]*file{}}
	raw := map[string][]byte{}
	err := fs.WalkDir(from, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(from, name)
		raw[strings.TrimPrefix(name, "static/")] = content
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if err := s.add(name, raw, nil); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// imported matches the names in the import statements of our scripts, which stand at
// the start of a line.
var imported = regexp.MustCompile(`(?m)^((?:import|export) .*?")(\./[a-z0-9./-]+)(";)$`)

// add makes a file ready, and before it what it imports; under way holds the chain.
func (s *site) add(name string, raw map[string][]byte, underWay []string) error {
	if s.byName[name] != nil {
		return nil
	}
	content, ok := raw[name]
	if !ok {
		return fmt.Errorf("static file %s imports %s, which there is not", underWay[len(underWay)-1], name)
	}
	if slices.Contains(underWay, name) {
		return fmt.Errorf("static files import each other: %s", strings.Join(append(underWay, name), ", "))
	}
	for _, m := range imported.FindAllSubmatch(content, -1) {
		if err := s.add(path.Join(path.Dir(name), string(m[2])), raw, append(underWay, name)); err != nil {
			return err
		}
	}
	content = imported.ReplaceAllFunc(content, func(statement []byte) []byte {
		m := imported.FindSubmatch(statement)
		target := s.byName[path.Join(path.Dir(name), string(m[2]))]
		return slices.Concat(m[1], []byte(target.url), m[3])
	})
	f, err := newFile(name, content)
	if err != nil {
		return err
	}
	s.byName[name], s.byURL[f.url] = f, f
	return nil
}

func newFile(name string, content []byte) (*file, error) {
	ext := path.Ext(name)
	mediaType, ok := types[ext]
	if !ok {
		return nil, fmt.Errorf("static file %s has no known type", name)
	}
	hash := sha512.Sum384(content)
	f := &file{
		url:       Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(hash[:6]) + ext,
		integrity: "sha384-" + base64.StdEncoding.EncodeToString(hash[:]),
		mediaType: mediaType,
		plain:     content,
	}
	var zipped bytes.Buffer
	z, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if zipped.Len() < len(content) {
		f.zipped = zipped.Bytes()
	}
	return f, nil
}

func (s *site) must(name string) *file {
	f, ok := s.byName[name]
	if !ok {
		panic("web: no static file " + name)
	}
	return f
}

func (s *site) names() []string { return slices.Sorted(maps.Keys(s.byName)) }
