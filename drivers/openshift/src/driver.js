// All of it is in the package of the driver kubernetes; this one gives it the name that a configuration asks for.
export { default } from 'nodepool-driver-kubernetes/openshift';
