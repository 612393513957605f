package remote

import "time"

// Children returns the process ids of the children that take calls, one for each module.
func (s *Set) Children() []int {
	var list []int
	for _, m := range s.modules {
		m.mu.Lock()
		if m.current != nil {
			list = append(list, m.current.cmd.Process.Pid)
		}
		m.mu.Unlock()
	}
	return list
}

// Opened waits until every child has opened its module, and the card ahead.
func (s *Set) Opened() {
	for _, m := range s.modules {
		m.mu.Lock()
		o := m.opening
		m.mu.Unlock()
		if o != nil {
			<-o.done
		}
	}
}

// Hurry shortens how long a module may ail, and how many calls a child serves.
func (s *Set) Hurry(ailing time.Duration, recycle int) {
	for _, m := range s.modules {
		m.mu.Lock()
		m.ailing, m.patience, m.recycle = ailing, ailing, recycle
		m.mu.Unlock()
	}
}
