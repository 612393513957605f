package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"guichet.example/portal/audit"
	"guichet.example/portal/calendar"
	"guichet.example/portal/office"
	"guichet.example/portal/timeid"
)

// Kinds of sealed content of the office, as they stand in its context.
const (
	sealedTask    = "task"
	sealedEvent   = "task-event"
	sealedOpening = "opening"
	sealedCheck   = "identity-check"
	sealedHolder  = "staff-holder"
)

// houseKey is the key of what belongs to a mutuality and to no member of it.
func (db *DB) houseKey(mutuality string) (memberKey, error) {
	key, err := db.cfg.Keys.MutualityKey(mutuality)
	if err != nil {
		return memberKey{}, err
	}
	return memberKey{key, mutuality, ""}, nil
}

// task puts an item into the queue of the office, in the transaction of the act that it
// comes from, with a row of its own. It returns the task with id and reference.
func (t *tx) task(db *DB, task office.Task) (office.Task, error) {
	if err := task.Check(); err != nil {
		return task, err
	}
	if task.Created.IsZero() {
		task.Created = db.cfg.Now()
	}
	if task.Deadline.IsZero() {
		task.Deadline = task.Kind.Deadline(task.Created, calendar.Calendar{})
	}
	key, err := db.houseKey(task.Mutuality)
	if err != nil {
		return task, err
	}
	if task.Member != "" {
		if key, err = db.keyOf(t.conn, task.Mutuality, task.Member); err != nil {
			return task, fmt.Errorf("making task: %w", err)
		}
	}
	said, err := json.Marshal(task.Said)
	if err != nil {
		return task, fmt.Errorf("making task: %w", err)
	}
	if err := t.insertTask(db, key, &task, said); err != nil {
		return task, fmt.Errorf("making task: %w", err)
	}
	return task, t.note(audit.Entry{
		At: db.cfg.Now(), Mutuality: task.Mutuality, Member: string(task.Member), Actor: audit.System,
		Action: audit.MakeTask, Object: object("task", task.ID),
	})
}

// taskTries bounds how often a taken reference is drawn again.
const taskTries = 4

func (t *tx) insertTask(db *DB, key memberKey, task *office.Task, said []byte) error {
	for range taskTries {
		id, err := timeid.New(task.Created, db.cfg.Rand)
		if err != nil {
			return err
		}
		task.ID, task.Reference = id, taskReference(id)
		added, err := t.exec(`
			INSERT INTO tasks (mutuality, task, reference, kind, member, language, created_at, deadline_at, sealed)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (mutuality, reference) DO NOTHING`,
			task.Mutuality, id, task.Reference, string(task.Kind), string(task.Member), task.Language,
			micros(task.Created), micros(task.Deadline), key.seal(sealedTask, id, 1, said))
		if err != nil || added == 1 {
			return err
		}
	}
	return errors.New("no free reference")
}

// taskReference is what people say of a task by telephone: "T-4K7P-118", the last 35
// random bits of its id.
func taskReference(id string) string {
	end := strings.ToUpper(id[len(id)-7:])
	return "T-" + end[:4] + "-" + end[4:]
}
