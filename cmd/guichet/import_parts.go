package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"guichet.example/portal/core"
	"guichet.example/portal/store"
)

// Most of a part, which is one commit: it keeps others who write waiting for some tens of
// milliseconds.
const (
	partRows    = 5000
	partMembers = 200      // each has a key of her own, and is sealed
	partPDFs    = 32 << 20 // bytes
)

// parsed is a part, or why there is none.
type parsed struct {
	core.Part
	err error
}

// partsOf reads a file ahead of the store, past the lines that are in. The lines of a
// payment stay together, and the shares of a year, as far as they stand together in the file.
func partsOf(ctx context.Context, r *core.Reader, file importFile, i *core.Import) <-chan parsed {
	parts := make(chan parsed, 1)
	p := &parter{ctx: ctx, r: r, file: file, whole: i.Complete, skip: i.Lines, to: parts}
	go func() {
		defer close(parts)
		if err := p.run(); err != nil {
			p.send(parsed{err: err})
		}
	}()
	return parts
}

type parter struct {
	ctx   context.Context
	r     *core.Reader
	file  importFile
	whole bool
	skip  int64
	to    chan<- parsed
	part  core.Part
	pdfs  int
	group string // what the last row that adds up with others belongs to
}

func (p *parter) send(part parsed) bool {
	if part.err == nil {
		part.Draft = store.Draft(part.Batch)
	}
	select {
	case p.to <- part:
		return true
	case <-p.ctx.Done():
		return false
	}
}

func (p *parter) run() error {
	p.part.Kind, p.part.Whole = p.file.kind, p.whole
	for {
		read, err := p.r.Next()
		if errors.Is(err, io.EOF) {
			if len(p.part.Rows)+len(p.part.Rejects) > 0 {
				p.send(parsed{Part: p.part})
			}
			return nil
		}
		if err != nil {
			return err
		}
		if read.Line <= p.skip {
			continue
		}
		if p.full(read) {
			if !p.send(parsed{Part: p.part}) {
				return nil
			}
			p.part, p.pdfs = core.Part{Batch: core.Batch{Kind: p.file.kind, Whole: p.whole, Rows: make([]core.Row, 0, partRows)}}, 0
		}
		if err := p.add(read); err != nil {
			return err
		}
	}
}

// full tells whether the row begins another part.
func (p *parter) full(read core.Read) bool {
	most := partRows
	if p.file.kind == core.KindMember {
		most = partMembers
	}
	n := len(p.part.Rows) + len(p.part.Rejects)
	if n < most && p.pdfs < partPDFs {
		return false
	}
	if core.FateOf(p.file.kind) != core.Replaced || n > 3*most {
		return true
	}
	group := p.groupOf(read)
	return group != "" && group != p.group
}

// groupOf is what a line adds up with: a payment, or the year of a household. Empty where
// that cannot be told.
func (p *parter) groupOf(read core.Read) string {
	switch row := read.Row.(type) {
	case core.Line:
		return row.Payment
	case core.MafShare:
		return core.Unspaced(row.Holder) + "/" + strconv.Itoa(row.Year)
	}
	if read.Key == nil {
		return ""
	}
	return strings.Join(core.Group(p.file.kind, read.Key), "/")
}

func (p *parter) add(read core.Read) error {
	p.part.Lines, p.part.Bytes = read.Line, read.Bytes
	if core.FateOf(p.file.kind) == core.Replaced {
		p.group = cmp.Or(p.groupOf(read), p.group)
		if read.Row == nil && read.Key != nil {
			p.part.Refused = append(p.part.Refused, read.Key)
		}
	}
	if row, ok := read.Row.(core.Received); ok {
		pdf, err := p.beside(row.File)
		if err != nil {
			read.Row, read.Problems = nil, []core.Problem{{Field: "file", Reason: reasonOf(err)}}
		} else {
			row.PDF = pdf
			p.pdfs += len(pdf)
			read.Row = row
		}
	}
	for _, wrong := range read.Problems {
		p.part.Rejects = append(p.part.Rejects, core.LineReject{Line: read.Line, Field: wrong.Field, Reason: wrong.Reason})
	}
	if read.Row != nil {
		p.part.Rows, p.part.LineOf = append(p.part.Rows, read.Row), append(p.part.LineOf, read.Line)
	}
	return nil
}

// beside reads a PDF in the folder of the file; one byte more than is taken, at most.
func (p *parter) beside(name string) ([]byte, error) {
	root, err := os.OpenRoot(filepath.Dir(p.file.path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, os.ErrInvalid)
	}
	return io.ReadAll(io.LimitReader(f, core.MaxPDF+1))
}

// reasonOf says why a file cannot be read, without its name.
func reasonOf(err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return "is not beside the file"
	}
	return "cannot be read"
}
