// Memory is counted for the whole process, so one reader reads at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
