// A stand-in for a service of the platform, in a container of its own: it listens where the service listens, asks of its
// environment what the service asks, writes where it writes, ends as it ends, and once a second calls every address it was
// given. What it stands in for is in the file that STANDIN names, made from the facts of the service.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Facts is what is known of the service.
type Facts struct {
	Name     string            `json:"name"`
	Ports    []int             `json:"ports"`
	Env      map[string]string `json:"env"`      // what must be there: the variable, and what its value is
	Probe    *Probe            `json:"probe"`    // the path that tells of the database, where there is one
	Writes   []string          `json:"writes"`   // directories it writes to
	Reloader bool              `json:"reloader"` // a process that starts the one that serves, and waits for it
	Queue    string            `json:"queue"`    // Redis that it does not start without
}

const (
	child         = "STANDIN_CHILD"
	portlessPeers = "127.0.0.1:18080"
)

func main() {
	runtime.GOMAXPROCS(1) // fifty of them share the processors, and each would keep threads awake for a call a second
	facts := load(os.Getenv("STANDIN"))
	if os.Getpid() == 1 {
		// The kernel drops a signal to the first process of a namespace that handles none, as Python and Node.js handle none.
		signal.Ignore(syscall.SIGTERM)
	}
	if facts.Reloader && os.Getenv(child) == "" {
		reload()
	}
	if problems := facts.problems(os.LookupEnv, os.Environ()); len(problems) > 0 {
		fail(strings.Join(problems, "; "))
	}
	for _, directory := range facts.Writes {
		name := filepath.Join(directory, "written-by-"+facts.Name)
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			fail(fmt.Sprintf("cannot write: %v", err))
		}
	}
	if facts.Queue != "" {
		waitForQueue(facts.Queue)
	}
	peers := newPeers(os.Environ())
	go peers.callForEver()
	failed := make(chan error)
	for _, address := range addresses(facts) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			fail(err.Error())
		}
		go func() { failed <- http.Serve(listener, handler(facts, peers)) }()
	}
	fmt.Printf("%s: listening on %v\n", facts.Name, addresses(facts))
	fail((<-failed).Error())
}

// addresses are those to listen on; a service without a port tells its peers to its own pod.
func addresses(facts Facts) []string {
	if len(facts.Ports) == 0 {
		return []string{portlessPeers}
	}
	found := []string{}
	for _, port := range facts.Ports {
		found = append(found, fmt.Sprintf(":%d", port))
	}
	return found
}

// reload starts this program again and ends as it does, as a development server's reloader.
func reload() {
	command := exec.Command("/proc/self/exe")
	command.Env = append(os.Environ(), child+"=1")
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		fail(err.Error())
	}
	os.Exit(0)
}

func load(path string) Facts {
	var facts Facts
	content, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(content, &facts)
	}
	if err != nil {
		fail(fmt.Sprintf("STANDIN=%q: %v", path, err))
	}
	return facts
}

func fail(sentence string) {
	fmt.Fprintln(os.Stderr, "standin: "+sentence)
	os.Exit(1)
}
