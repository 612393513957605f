package softcard

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrNoProxy means there is neither a built proxy module nor a C compiler.
var ErrNoProxy = errors.New("no proxy module and no C compiler to build it")

// ProxyName is the file name of the built proxy module.
const ProxyName = "guichet-softcard.so"

//go:embed proxy/*.c proxy/*.h
var proxySource embed.FS

// Build returns the path of the proxy module: the file named by $GUICHET_SOFTCARD,
// else the one beside the running program, else one compiled into dir from the source
// that this program carries. Errors: ErrNoProxy.
func Build(dir string) (string, error) {
	if path := os.Getenv("GUICHET_SOFTCARD"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("looking for $GUICHET_SOFTCARD: %w", err)
		}
		return path, nil
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), ProxyName)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	return compile(dir)
}

func compile(dir string) (string, error) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		return "", ErrNoProxy
	}
	source, err := os.MkdirTemp(dir, "proxy-source-")
	if err != nil {
		return "", fmt.Errorf("unpacking the proxy module: %w", err)
	}
	defer os.RemoveAll(source)
	if err := os.CopyFS(source, proxySource); err != nil {
		return "", fmt.Errorf("unpacking the proxy module: %w", err)
	}
	module := filepath.Join(dir, ProxyName)
	fresh := filepath.Join(source, ProxyName) // a program may have the old one loaded
	files, err := filepath.Glob(filepath.Join(source, "proxy", "*.c"))
	if err != nil {
		return "", fmt.Errorf("unpacking the proxy module: %w", err)
	}
	args := append([]string{"-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-o", fresh}, files...)
	cmd := exec.Command(cc, append(args, "-ldl", "-lpthread")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compiling the proxy module: %w\n%s", err, out)
	}
	if err := install(fresh, module); err != nil {
		return "", err
	}
	return module, nil
}
