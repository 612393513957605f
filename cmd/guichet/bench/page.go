package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"guichet.example/portal/home"
	"guichet.example/signing/document"
)

// renderHome is the rendering of a filled home page to memory, no store, no network.
func renderHome(ctx context.Context) (Result, error) {
	render := home.Rendering(sampleOverview())
	a, _, err := compare(ctx, 20*time.Millisecond, func() error { return render(ctx, io.Discard) }, func() error { return nil })
	return Result{Value: float64(a.Nanoseconds()) / 1000, Unit: "µs"}, err
}

func sampleOverview() home.Overview {
	o := home.Overview{Last4: "6727",
		ToSign: &home.Item{ID: "06h029gerwqtfcfprcxr1ynme4", Kind: document.KindBankChange, Pages: 1, Date: time.Now()}}
	for i := range 5 {
		item := home.Item{ID: "06h029gerwqtfcfprcxr1ynme" + strconv.Itoa(i), Kind: document.KindEHICOrder,
			Reference: "GC-2026-4K7P-11" + strconv.Itoa(i), Date: time.Now().AddDate(0, 0, -i), Pages: 1}
		item.State = "signed"
		o.Requests = append(o.Requests, item)
		item.State = "valid"
		o.Documents = append(o.Documents, item)
	}
	return o
}

// start is from the start of a `guichet serve` process to its first page.
func start(ctx context.Context) (Result, error) {
	var took []time.Duration
	for range 5 {
		p, err := startProcess(ctx)
		if err != nil {
			return Result{}, err
		}
		took = append(took, p.ready)
		p.stop()
	}
	slices.Sort(took)
	return Result{Value: float64(took[len(took)/2].Microseconds()) / 1000, Unit: "ms"}, nil
}

// memory is what a `guichet serve` process holds at rest, five seconds after its
// first page, as the kernel counts it.
func memory(ctx context.Context) (Result, error) {
	p, err := startProcess(ctx)
	if err != nil {
		return Result{}, err
	}
	defer p.stop()
	time.Sleep(5 * time.Second)
	held, err := residentOf(p.cmd.Process.Pid)
	return Result{Value: held, Unit: "MiB"}, err
}

// process is a `guichet serve` of this very program with settings of its own.
type process struct {
	cmd   *exec.Cmd
	dir   string
	world *counter
	ready time.Duration // from start to the first page
}

func (p *process) stop() {
	p.end()
	p.world.close()
	os.RemoveAll(p.dir)
}

// end ends the server and leaves what it had on the disk.
func (p *process) end() {
	p.cmd.Process.Signal(os.Interrupt)
	p.cmd.Wait()
}

// startProcess prepares a data folder with a member in it, then starts the server.
func startProcess(ctx context.Context) (*process, error) {
	c, err := openCounter(ctx, &foreseen{})
	if err != nil {
		return nil, err
	}
	return serveData(ctx, c)
}

// serveData closes the counter of this process, and starts a server on what it leaves.
func serveData(ctx context.Context, c *counter) (*process, error) {
	c.store.Close()
	p := &process{dir: c.dir, world: c}
	c.store = nil
	config, err := c.writeSettings()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p.cmd = exec.CommandContext(ctx, self, "serve", "-config", config)
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := firstPage(ctx, c.listen); err != nil {
		p.stop()
		return nil, err
	}
	p.ready = time.Since(began)
	return p, nil
}

// writeSettings writes what a command needs to know of the counter, and returns the file.
func (c *counter) writeSettings() (string, error) {
	if err := c.services.WriteAnchors(filepath.Join(c.dir, "trust")); err != nil {
		return "", err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	c.listen = free.Addr().String()
	free.Close() // for the server
	settings, err := json.Marshal(map[string]any{
		"listen": c.listen, "origin": benchOrigin, "data": c.data(), "keys": filepath.Join(c.dir, "keys"), "database": c.database,
		"trust": filepath.Join(c.dir, "trust"), "revocation_hosts": c.services.Hosts(), "mutuality": benchMutualitySettings(),
	})
	if err != nil {
		return "", err
	}
	config := filepath.Join(c.dir, "guichet.json")
	return config, os.WriteFile(config, settings, 0o600)
}

// firstPage asks for the sign-in page until it comes.
func firstPage(ctx context.Context, listen string) error {
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+"/fr/sign-in", nil)
		if err != nil {
			return err
		}
		r.Host = strings.TrimPrefix(benchOrigin, "https://")
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			return fmt.Errorf("first page: %s", resp.Status)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return fmt.Errorf("the server did not answer on %s", listen)
}
