// Argo CD's programs and its decisions, from its own code.
//
//	argocd controller FLAGS…          argocd-application-controller
//	argocd repo-server FLAGS…         argocd-repo-server
//	argocd refused < REQUEST          what Argo CD refuses of an Application, before it syncs anything
//
// REQUEST is {"project": AppProject, "application": Application, "objects": […]}. Printed is a list of sentences.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	root := &cobra.Command{Use: "argocd", SilenceUsage: true}
	for name, command := range map[string]*cobra.Command{
		"controller":  controller.NewCommand(),
		"repo-server": reposerver.NewCommand(),
		"refused":     {RunE: func(*cobra.Command, []string) error { return printRefused() }},
	} {
		command.Use = name
		root.AddCommand(command)
	}
	if root.Execute() != nil {
		os.Exit(1)
	}
}

type request struct {
	Project     v1alpha1.AppProject
	Application v1alpha1.Application
	Objects     []unstructured.Unstructured
}

func printRefused() error {
	asked := request{}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	sentences, err := refused(asked)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(sentences)
}

// refused asks what the controller asks: for the Application, then for each object of a sync.
func refused(asked request) ([]string, error) {
	sentences := []string{}
	spec, none := asked.Application.Spec, func(string) ([]*v1alpha1.Cluster, error) { return nil, nil }
	if !asked.Project.IsSourcePermitted(spec.GetSource()) {
		sentences = append(sentences, fmt.Sprintf("repository %s is not permitted", spec.GetSource().RepoURL))
	}
	cluster := &v1alpha1.Cluster{Server: spec.Destination.Server, Name: spec.Destination.Name}
	permitted, err := asked.Project.IsDestinationPermitted(cluster, spec.Destination.Namespace, none)
	if err != nil {
		return nil, err
	}
	if !permitted {
		sentences = append(sentences, fmt.Sprintf("destination %s, namespace %q is not permitted", cluster.Server, spec.Destination.Namespace))
	}
	for _, object := range asked.Objects {
		permitted, err := asked.Project.IsLiveResourcePermitted(&object, cluster, none)
		if err != nil {
			return nil, err
		}
		if !permitted {
			sentences = append(sentences, fmt.Sprintf("%s/%s/%s is not permitted", object.GetKind(), object.GetNamespace(), object.GetName()))
		}
	}
	return sentences, nil
}
