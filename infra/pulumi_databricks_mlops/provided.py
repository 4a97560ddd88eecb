"""Parts of resources: dictionaries under the SDK's names, and options."""

from typing import Any

import pulumi

Provided = dict[str, Any]
"""What the provider takes, under the SDK's names."""


def present(**fields: Any) -> Provided:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def after(value: pulumi.Output[str], *resources: pulumi.Resource) -> pulumi.Output[str]:
    """The value, for what must wait for resources too; as known in a preview as it is without them."""
    # A URN is known in a preview, and carries the dependency.
    return pulumi.Output.all(value, *(each.urn for each in resources)).apply(lambda known: str(known[0]))


def handed_down(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
    """A component's options, with which all that is in it waits for what the component waits for.

    Pulumi itself does not hand a component's `depends_on` down.
    """
    if opts is None or not opts.depends_on:
        return opts
    first = pulumi.ResourceOptions(depends_on=opts.depends_on)

    def wait(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, first))

    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(transformations=[wait]))
