"""The development set of claims, and the scripts that fit the published weights to it. It may
import `claims`. Start with README.md, then `development`; `train` and `transfer` are run by `make
weights` and `make transfer`."""
