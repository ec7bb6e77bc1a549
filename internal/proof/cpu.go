package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticks is how many clock ticks /proc counts in a second; USER_HZ is 100 on
// every Linux that Go runs on.
const ticks = 100

type stat struct {
	parent int
	own    time.Duration // of the process
	reaped time.Duration // of children that have ended
}

// readStat reads /proc/PID/stat (proc(5): fields 4, 14–17).
func readStat(pid int) (stat, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return stat{}, err
	}
	_, rest, ok := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 16 {
		return stat{}, fmt.Errorf("proof: cannot read the figures of process %d", pid)
	}
	n := func(i int) int64 { x, _ := strconv.ParseInt(f[i-3], 10, 64); return x }
	unit := time.Second / ticks
	return stat{int(n(4)), time.Duration(n(14)+n(15)) * unit, time.Duration(n(16)+n(17)) * unit}, nil
}

// Parent is the parent of a process.
func Parent(pid int) (int, error) {
	s, err := readStat(pid)
	return s.parent, err
}

// CPU is the processor time a process and its children, ended ones included,
// have used so far. It fails where there is no /proc.
func CPU(pid int) (time.Duration, error) {
	s, err := readStat(pid)
	if err != nil {
		return 0, err
	}
	sum := s.own + s.reaped
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, d := range dirs {
		child, err := strconv.Atoi(filepath.Base(d))
		if err != nil {
			continue
		}
		if c, err := readStat(child); err == nil && c.parent == pid {
			sum += c.own + c.reaped
		}
	}
	return sum, nil
}
