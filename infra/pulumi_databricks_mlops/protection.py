"""Protection: a component that holds data is not destroyed, not even in part.

Owns nothing but its place in the state: it depends on everything in its component, so `pulumi destroy` comes
to it first, is refused, and leaves alone whatever it depends on. Without it, a destroy that skips its preview
deletes all that can be made again (jobs, grants, code) before it reports what it may not delete.
"""

import pulumi


class Protection(pulumi.ComponentResource):
    """Refuses the end of the component that it is the last child of."""

    def __init__(self, component: pulumi.ComponentResource, name: str, *, protect: bool) -> None:
        """Protect what the component has declared so far.

        Args:
            component: has all its other children by now.
            name: the component's.
            protect: as in the component's arguments. Without it this refuses nothing, but stays declared:
                what the state has as protected can't leave the program.
        """
        # The SDK has no public way to ask for the children of a component that is being made.
        everything = [*component._childResources] if protect else []
        options = pulumi.ResourceOptions(parent=component, protect=protect, depends_on=everything)
        super().__init__("databricks-mlops:index:Protection", f"{name}-protection", {}, options)
        self.register_outputs({})
