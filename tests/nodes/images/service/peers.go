package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
)

const (
	every   = time.Second
	timeout = 3 * time.Second
)

// Peer is somebody that an address among the variables leads to.
type Peer struct {
	Address string `json:"address"` // without a password
	Outside bool   `json:"outside"` // an address for clients outside the cluster: handed on, not called
	OK      bool   `json:"ok"`
	Said    string `json:"said"`
	call    func(context.Context) (string, error)
}

// Peers are all of them, by their variable; those inside a JSON text by variable.key.
type Peers struct {
	lock     sync.Mutex
	all      map[string]*Peer
	database *mongo.Database
}

func newPeers(environ []string) *Peers {
	peers := &Peers{all: map[string]*Peer{}}
	sort.Strings(environ)
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		peers.add(name, value)
	}
	return peers
}

func (peers *Peers) add(name, value string) {
	switch {
	case strings.HasPrefix(value, "mongodb://"):
		peers.addDatabase(name, value)
	case strings.HasPrefix(value, "{"):
		inner := map[string]any{}
		if json.Unmarshal([]byte(value), &inner) == nil {
			for key, each := range inner {
				if text, is := each.(string); is {
					peers.add(name+"."+key, text)
				}
			}
		}
	case name == "REDIS_HOST":
		peers.addRedis(name, "redis://"+value+":6379/0")
	case strings.HasPrefix(value, "redis://"):
		peers.addRedis(name, value)
	case strings.Contains(value, "://"):
		peers.addURL(name, value)
	}
}

// isOutside tells an address of the node itself, which is for clients outside the cluster.
func isOutside(host string) bool {
	return host == os.Getenv("NODE_IP")
}

func (peers *Peers) addURL(name, value string) {
	found, err := parseURL(value)
	if err != nil {
		return
	}
	peer := &Peer{Address: value, Outside: isOutside(found.Hostname())}
	target := "http://" + found.Host + "/"
	peer.call = func(ctx context.Context) (string, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if err != nil {
			return "", err
		}
		response, err := httpClient.Do(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body) // else its connection is not used again
		return response.Status, err
	}
	peers.all[name] = peer
}

// lifetime is how long the DNS of a cluster lets its answers be kept. Connections are kept as long: one that is kept for good would go on
// through a policy or a Service that has changed, and one a call costs the node's network more than anything else here.
const lifetime = 5 * time.Second

var httpClient = &http.Client{Transport: &http.Transport{DialContext: dialAbsolute}}

func closeConnections() {
	for range time.Tick(lifetime) {
		httpClient.CloseIdleConnections()
	}
}

// dialAbsolute looks a name up as it is, and for IPv4 alone: through the pod's search list every call would cost eight questions to
// the DNS.
func dialAbsolute(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil && strings.Contains(host, ".svc.") {
		if host, err = lookUp(ctx, host+"."); err != nil {
			return nil, err
		}
		address = net.JoinHostPort(host, port)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp4", address)
}

type answer struct {
	address string
	until   time.Time
}

var answers sync.Map // by name

func lookUp(ctx context.Context, name string) (string, error) {
	if found, is := answers.Load(name); is && time.Now().Before(found.(answer).until) {
		return found.(answer).address, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", name)
	if err != nil {
		return "", err
	}
	answers.Store(name, answer{found[0].String(), time.Now().Add(lifetime)})
	return found[0].String(), nil
}

func (peers *Peers) addRedis(name, value string) {
	given, err := redis.ParseURL(value)
	if err != nil {
		return
	}
	host, _, _ := net.SplitHostPort(given.Addr)
	given.MaxRetries, given.PoolSize, given.DisableIdentity, given.Dialer = -1, 1, true, dialAbsolute
	client := redis.NewClient(given)
	peers.all[name] = &Peer{Address: value, Outside: isOutside(host), call: func(ctx context.Context) (string, error) {
		return client.Ping(ctx).Result()
	}}
}

func (peers *Peers) addDatabase(name, value string) {
	parsed, err := connstring.ParseAndValidate(value)
	if err != nil {
		return
	}
	client, err := mongo.Connect(options.Client().ApplyURI(value).SetServerSelectionTimeout(timeout).SetMaxPoolSize(2))
	if err != nil {
		return
	}
	peers.database = client.Database(parsed.Database)
	address := strings.Join(parsed.Hosts, ",") + "/" + parsed.Database
	peers.all[name] = &Peer{Address: address, call: func(ctx context.Context) (string, error) {
		var hello struct{ Me, Primary string }
		if err := peers.database.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
			return "", err
		}
		// hello is answered without a login; this is not.
		_, err := peers.database.Collection("standin").EstimatedDocumentCount(ctx)
		return "primary " + hello.Primary, err
	}}
}

func (peers *Peers) callForEver() {
	go closeConnections()
	began := time.Now()
	for name, peer := range peers.all {
		if peer.Outside {
			peer.OK, peer.Said = true, "handed on"
			continue
		}
		go func() {
			for { // all at the same moment: to wake a process costs more than a call
				peers.callOnce(name, peer)
				time.Sleep(every - time.Since(began)%every)
			}
		}()
	}
}

func (peers *Peers) callOnce(name string, peer *Peer) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	said, err := peer.call(ctx)
	peers.lock.Lock()
	defer peers.lock.Unlock()
	if before := peer.OK; before != (err == nil) {
		fmt.Printf("%s: ok=%v %v\n", name, err == nil, err)
	}
	peer.OK, peer.Said = err == nil, said
	if err != nil {
		peer.Said = err.Error()
	}
}

func (peers *Peers) databaseAnswers() bool {
	peers.lock.Lock()
	defer peers.lock.Unlock()
	for _, peer := range peers.all {
		if strings.Contains(peer.Address, ":27017") && !peer.OK {
			return false
		}
	}
	return true
}

func (peers *Peers) document() []byte {
	peers.lock.Lock()
	defer peers.lock.Unlock()
	text, err := json.Marshal(map[string]any{"peers": peers.all})
	if err != nil {
		return []byte(err.Error())
	}
	return text
}

// waitForQueue blocks until the Redis of the pod answers, as the service does before it opens its port.
func waitForQueue(address string) {
	for {
		connection, err := net.DialTimeout("tcp", address, timeout)
		if err == nil {
			connection.Close()
			return
		}
		time.Sleep(every)
	}
}
