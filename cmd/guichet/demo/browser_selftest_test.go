package demo

// tested waits until the self-test has an answer for every point.
func (w *window) tested() {
	w.t.Helper()
	w.until("the end of the self-test", `document.querySelector("#self-test[data-done]")`)
}
