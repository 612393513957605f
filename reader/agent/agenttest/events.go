package agenttest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"guichet.example/reader/api"
)

// Events follows the agent's event stream until ctx ends or the agent does; then the
// channel is closed. The stream is open when Events returns: nothing after is missed.
func (c *Client) Events(ctx context.Context) (<-chan api.Event, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.Agent, "/")+api.EventsPath, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Origin", c.Origin)
	req.Header.Set("Accept", "text/event-stream")
	res, err := c.http().Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		return nil, failure(api.EventsPath, res.StatusCode, text)
	}
	events := make(chan api.Event)
	go func() {
		defer close(events)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			var event api.Event
			if !ok || json.Unmarshal([]byte(data), &event) != nil {
				continue
			}
			select {
			case events <- event:
			case <-ctx.Done():
				return
			}
		}
	}()
	return events, nil
}
