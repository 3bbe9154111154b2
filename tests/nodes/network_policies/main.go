// kube-network-policies closes on a node what NetworkPolicies do not open: the project of this name, started with a kubeconfig as a
// process of the node, where its own program can only run in a pod.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

// For its own node the project would write rules by nftables at each change of a pod, which a kernel without nftables' queues refuses
// six times in a row. The node has such rules already; verdicts do not depend on the name.
const noNode = "-"

func main() {
	kubeconfig := flag.String("kubeconfig", "", "the cluster, and who asks it")
	flag.String("hostname-override", "", "the node's name; taken, and not heeded")
	queue := flag.Int("nfqueue-id", 100, "the queue into which the node's rules put the first packet of each connection")
	// Nodes ask for a line about every packet, which costs more than the verdict.
	flag.Int("v", 0, "how much is said; taken, and not heeded")
	flag.Parse()
	debug.SetGCPercent(400) // three nodes share a machine that has more memory than processors
	runtime.GOMAXPROCS(1)   // a packet waits for one verdict
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kubeconfig, networkpolicy.Config{NodeName: noNode, QueueID: *queue}); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, kubeconfig string, config networkpolicy.Config) error {
	connection, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(connection)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	core := factory.Core().V1()
	// No nodes and no cluster-wide policies: they are of another API, which the cluster does not have.
	controller, err := networkpolicy.NewController(
		client, factory.Networking().V1().NetworkPolicies(), core.Namespaces(), core.Pods(), nil, nil, nil, nil, config)
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	return controller.Run(ctx)
}
