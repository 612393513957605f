package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// alone are methods that no suite calls on both engines, and why.
var alone = map[string]string{}

// TestEveryMethodOnBothEngines: each exported method of DB is called by a suite that runs
// on SQLite and on PostgreSQL. What a suite reaches is read from the source: the tests
// that name both openers, the functions those name, and so on.
func TestEveryMethodOnBothEngines(t *testing.T) {
	methods, missing := untested(t, "*.go")
	if len(methods) < 100 {
		t.Errorf("only %d methods found", len(methods))
	}
	for _, m := range missing {
		if alone[m] == "" {
			t.Errorf("DB.%s is called by no suite on both engines", m)
		}
	}
	for m := range alone {
		if !slices.Contains(missing, m) {
			t.Errorf("DB.%s needs no exception", m)
		}
	}
	// Without their suites, methods are missed.
	_, missing = untested(t, "*.go", "suite_enrolments_test.go", "suite_recovery_test.go")
	for _, m := range []string{"SendFactsLink", "OpenByLink", "AskRecovery"} {
		if !slices.Contains(missing, m) {
			t.Errorf("DB.%s without its suite is not missed", m)
		}
	}
}

// untested lists the exported methods of DB, and those that no suite on both engines
// names. The files named are left out.
func untested(t *testing.T, pattern string, without ...string) (methods, missing []string) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	s := sources{bodies: map[string][]ast.Node{}, engines: map[string][2]bool{}, named: map[string]bool{}, seen: map[string]bool{}}
	for _, name := range names {
		if slices.Contains(without, name) || strings.HasPrefix(name, "export_") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			switch {
			case !ok:
			case strings.HasSuffix(name, "_test.go"):
				s.add(f)
			case f.Name.IsExported() && ofDB(f):
				methods = append(methods, f.Name.Name)
			}
		}
	}
	for f, engines := range s.engines {
		if engines == [2]bool{true, true} {
			s.follow(f)
		}
	}
	for _, m := range methods {
		if !s.named[m] {
			missing = append(missing, m)
		}
	}
	return methods, missing
}

func ofDB(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return false
	}
	star, ok := f.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	name, ok := star.X.(*ast.Ident)
	return ok && name.Name == "DB"
}

// sources are the functions of the tests.
type sources struct {
	bodies  map[string][]ast.Node // by name, of functions and methods
	engines map[string][2]bool    // that were handed to a function, or are named in it: SQLite, PostgreSQL
	named   map[string]bool       // methods
	seen    map[string]bool
}

func (s *sources) add(f *ast.FuncDecl) {
	s.bodies[f.Name.Name] = append(s.bodies[f.Name.Name], f.Body)
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if callee, ok := n.Fun.(*ast.Ident); ok && callee.Name != "newBed" {
				for _, arg := range n.Args {
					s.handed(callee.Name, arg)
				}
			}
		case *ast.KeyValueExpr: // of a map of both
			s.handed(f.Name.Name, n.Value)
		}
		return true
	})
}

func (s *sources) handed(to string, what ast.Expr) {
	name, ok := what.(*ast.Ident)
	if !ok {
		return
	}
	e := s.engines[to]
	e[0] = e[0] || name.Name == "openSQLite"
	e[1] = e[1] || name.Name == "openPostgreSQL"
	s.engines[to] = e
}

// follow notes what the function names, and follows those functions.
func (s *sources) follow(name string) {
	if s.seen[name] {
		return
	}
	s.seen[name] = true
	for _, body := range s.bodies[name] {
		ast.Inspect(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				s.follow(n.Name)
			case *ast.SelectorExpr:
				s.named[n.Sel.Name] = true
			}
			return true
		})
	}
}
