package soak

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"guichet.example/certs/certstest"
)

// TestFullDisk leaves the counter n bytes of disk, for n from nothing until everything
// goes through (F4). Whatever does not fit is refused whole, on an error page; looking
// goes on; and with room again the member goes on where she was.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := mount(t, 24<<20)
	p := newPlace(t, plan{people: 1, data: filepath.Join(disk, "data")})
	v := p.visitor(0)
	s := p.start(t)
	v.begin("orders")
	if err := v.finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	step, refusals := int64(often(64<<10, 4<<10)), 0
	for left := int64(0); ; left += step {
		s.kill() // a new process begins with an empty log, which must find room
		s = p.start(t)
		free := fill(t, disk, left)
		refused := p.signOnFullDisk(t, v)
		p.looksGoOn(t, v)
		free()
		refusals += refused
		if err := v.finish(t.Context()); err != nil {
			t.Fatalf("%d bytes left, and room again: %v", left, err)
		}
		if t.Failed() {
			t.Fatalf("failed with %d bytes left", left)
		}
		if refused == 0 {
			t.Logf("%d steps refused with 0 to %d bytes left, in steps of %d", refusals, left-step, step)
			break
		}
		if left > 8<<20 {
			t.Fatal("8 MiB are not enough for one signature")
		}
	}
	p.gather(t, []*visitor{v}).check(false).report(t)
	s.stop(t)
	if refusals == 0 {
		t.Error("the disk was never full")
	}
}

// TestStartOnFullDisk starts the counter when there is no room left at all.
func TestStartOnFullDisk(t *testing.T) {
	t.Parallel()
	disk := mount(t, 24<<20)
	p := newPlace(t, plan{people: 1, data: filepath.Join(disk, "data")})
	v := p.visitor(0)
	s := p.start(t)
	v.begin("bank")
	if err := v.until(t.Context(), prepare); err != nil {
		t.Fatal(err)
	}
	s.kill()
	free := fill(t, disk, 0)
	s, up := p.launch(t)
	select {
	case <-up:
		t.Log("serve starts on a full disk")
		p.looksGoOn(t, v)
	case <-s.ended:
		t.Log("serve refuses to start on a full disk: ", p.lastLog(t))
		if line := p.lastLog(t); !strings.HasPrefix(line, "guichet serve: ") || !strings.Contains(line, "full") {
			t.Errorf("on a full disk serve ends with %q", line)
		}
	}
	free()
	s.kill()
	s = p.start(t)
	if err := v.finish(t.Context()); err != nil {
		t.Errorf("with room again: %v", err)
	}
	p.gather(t, []*visitor{v}).check(false).report(t)
	s.stop(t)
}

// mount makes a disk of that many bytes in memory.
func mount(t *testing.T, size int64) string {
	t.Helper()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "mode=700,size="+itoa(size)); err != nil {
		t.Fatalf("a small disk is needed, and mounting one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return disk
}

// fill takes all of a disk but so many bytes. The function returned gives it back.
func fill(t *testing.T, disk string, left int64) (free func()) {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(disk, &s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(disk, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if size := int64(s.Bavail)*s.Bsize - left; size > 0 {
		if err := syscall.Fallocate(int(f.Fd()), 0, 0, size); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// signOnFullDisk does an errand as far as it goes, and returns how many steps were
// refused. Each refusal is an error page or a problem, with a number to call about.
func (p *place) signOnFullDisk(t *testing.T, v *visitor) (refused int) {
	t.Helper()
	v.begin("orders")
	for v.errand != nil {
		err := v.step(t.Context())
		var r *refusal
		switch {
		case err == nil:
			continue
		case !errors.As(err, &r):
			t.Fatal(err)
		}
		refused++
		faultPage(r).report(t)
		return refused
	}
	return refused
}

// looksGoOn walks the pages that only show.
func (p *place) looksGoOn(t *testing.T, v *visitor) {
	t.Helper()
	paths := []string{"/fr/home", "/fr/documents", "/fr/requests", "/fr/account", "/healthz"}
	if len(v.done) > 0 {
		paths = append(paths, "/fr/documents/"+v.done[0].document)
	}
	for _, path := range paths {
		a, err := v.get(t.Context(), path)
		if err := expect(path, http.StatusOK, a, err); err != nil {
			t.Errorf("looking while the disk is full: %v", err)
		}
	}
	if len(v.done) == 0 {
		return
	}
	_, err := v.download(t.Context(), v.done[0].document)
	_, err2 := v.report(t.Context(), v.done[0].document)
	if err := errors.Join(err, err2); err != nil {
		t.Errorf("opening while the disk is full: %v", err)
	}
}

// TestFullForLong keeps the disk full for as long as a session may idle: members go on
// looking although nobody can write down that they do. After that they are signed out,
// nobody gets in, and with room again everybody does.
func TestFullForLong(t *testing.T) {
	t.Parallel()
	disk := mount(t, 24<<20)
	c := &clock{}
	c.advance(-time.Hour)
	services := certstest.Start(t, certstest.Config{Now: c.now})
	p := newPlace(t, plan{people: 1, data: filepath.Join(disk, "data"), services: services, store: c.config()})
	in := p.openInside(t, c)
	in.serve(t)
	v := in.visitor(0)
	v.begin("orders")
	if err := v.finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	free := fill(t, disk, 0)
	in.exhaust(t, v)
	for range 7 {
		in.clock.advance(2 * time.Minute)
		in.looksGoOn(t, v)
	}
	in.clock.advance(2 * time.Minute)
	if a, err := v.get(t.Context(), "/fr/home"); err != nil || a.status != http.StatusSeeOther {
		t.Errorf("a session of which nothing could be written for 16 minutes: %d, %v", a.status, err)
	}
	var r *refusal
	if err := v.signIn(t.Context()); !errors.As(err, &r) || v.signedIn() {
		t.Errorf("signing in on a full disk: %v", err)
	} else {
		faultPage(r).report(t)
	}
	free()
	v.begin("bank")
	if err := v.finish(t.Context()); err != nil {
		t.Errorf("with room again: %v", err)
	}
	in.gather(t, []*visitor{v}).check(false).report(t)
}

// exhaust looks around until what room the log has left is used up.
func (in *inside) exhaust(t *testing.T, v *visitor) {
	t.Helper()
	for range 2000 {
		v.page(t, "/fr/requests")
		if s, err := in.db.Stats(t.Context()); err != nil {
			t.Fatal(err)
		} else if s.Owed > 0 {
			return
		}
	}
	t.Fatal("the disk does not fill")
}
