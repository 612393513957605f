//go:build ignore

// Generate makes common.bin, the list of common and leaked passwords, from the lists
// that README.md names:
//
//	go run generate.go passwords.json common-passwords.txt own.txt
//
// A file that ends in .json is an array of strings; any other has a word a line, and
// lines of remark that begin with #. The output is the same for the same input.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"guichet.example/auth/password"
)

func main() {
	log.SetFlags(0)
	prints := map[uint64]bool{}
	for _, file := range os.Args[1:] {
		words, err := read(file)
		if err != nil {
			log.Fatalf("%s: %v", file, err)
		}
		for _, word := range words {
			if folded := password.Fold(strings.TrimSpace(word)); password.Length(folded) >= 4 {
				prints[password.Print(folded)] = true
			}
		}
	}
	sorted := make([]uint64, 0, len(prints))
	for print := range prints {
		sorted = append(sorted, print)
	}
	slices.Sort(sorted)
	var out bytes.Buffer
	for _, print := range sorted {
		for shift := 8 * (password.PrintSize - 1); shift >= 0; shift -= 8 {
			out.WriteByte(byte(print >> shift))
		}
	}
	if err := os.WriteFile("common.bin", out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d words, %d bytes\n", len(sorted), out.Len())
}

func read(file string) ([]string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(file, ".json") {
		var words []string
		return words, json.Unmarshal(raw, &words)
	}
	var words []string
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		if line := lines.Text(); !strings.HasPrefix(line, "#") {
			words = append(words, line)
		}
	}
	return words, nil
}
