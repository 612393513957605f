package reader

import (
	"context"
	"testing"
	"time"
)

func TestChanges(t *testing.T) {
	empty := Reader{Name: "A"}
	one := Reader{Name: "A", Present: true, Label: "BELPIC", Serial: "01"}
	two := Reader{Name: "A", Present: true, Label: "BELPIC", Serial: "02"}
	unread := Reader{Name: "A", Present: true}
	other := Reader{Name: "B", Present: true, Serial: "03"}
	for _, c := range []struct {
		name        string
		before, now []Reader
		want        []Event
	}{
		{"nothing at all", nil, nil, nil},
		{"nothing new", []Reader{one}, []Reader{one}, nil},
		{"first look", nil, []Reader{one}, []Event{{Connected, one}, {Inserted, one}}},
		{"in", []Reader{empty}, []Reader{one}, []Event{{Inserted, one}}},
		{"out", []Reader{one}, []Reader{empty}, []Event{{Removed, empty}}},
		{"swapped", []Reader{one}, []Reader{two}, []Event{{Removed, empty}, {Inserted, two}}},
		{"strange card for a known one", []Reader{one}, []Reader{unread}, []Event{{Removed, empty}, {Inserted, unread}}},
		{"unplugged", []Reader{empty}, nil, []Event{{Unplugged, empty}}},
		{"unplugged with card", []Reader{one}, nil, []Event{{Removed, empty}, {Unplugged, empty}}},
		{"moved to another reader", []Reader{one, {Name: "B"}}, []Reader{empty, other}, []Event{{Removed, empty}, {Inserted, other}}},
		{"another reader instead", []Reader{empty}, []Reader{other}, []Event{{Unplugged, empty}, {Connected, other}, {Inserted, other}}},
	} {
		got := changes(c.before, c.now)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: event %d = %v %+v, want %v %+v", c.name, i, got[i].Kind, got[i].Reader, c.want[i].Kind, c.want[i].Reader)
			}
		}
	}
}

func TestWatch(t *testing.T) {
	d, m := desk(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	events := m.Watch(ctx)
	next := func(kind EventKind, label string) {
		t.Helper()
		select {
		case e := <-events:
			if e.Kind != kind || e.Reader.Label != label || e.Reader.Name != d.Reader() {
				t.Errorf("event %v %+v, want %v of %q", e.Kind, e.Reader, kind, label)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("no event, want %v", kind)
		}
	}
	next(Connected, "")
	insert(t, d, "rsa")
	next(Inserted, "rsa")
	insert(t, d, "p384")
	next(Removed, "")
	next(Inserted, "p384")
	if err := d.Unplug(); err != nil {
		t.Fatal(err)
	}
	next(Removed, "")
	next(Unplugged, "")
	if err := d.Plug(); err != nil {
		t.Fatal(err)
	}
	next(Connected, "")
	cancel()
	if _, open := <-events; open {
		t.Error("an event after the end")
	}
}

func TestWatchEndsWithTheModule(t *testing.T) {
	_, m := desk(t, nil)
	events := m.Watch(context.Background())
	<-events // connected
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case _, open := <-events:
		if open {
			t.Error("an event from a closed module")
		}
	case <-time.After(5 * time.Second):
		t.Error("the channel of a closed module stays open")
	}
}
