// Every case has processes of its own; two at a time would only make each other wait.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
