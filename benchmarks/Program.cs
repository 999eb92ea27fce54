using System.CommandLine;
using CoKe.Benchmarks;
using CoKe.Benchmarks.Sizes;

var json = new Option<bool>("--json") { Description = "Print one JSON object instead of a table.", Recursive = true };
var rounds = new Option<int>("--rounds")
{
    Description = "How often ours and the peer take turns.",
    DefaultValueFactory = _ => 3,
    Recursive = true,
};
var peers = new Option<FileInfo?>("--peers")
{
    Description = $"The script that times the peers (default: {Peers.DefaultScript} in benchmarks/peers).",
    Recursive = true,
};
var seconds = new Option<int>("--seconds") { Description = "How long the load runs.", DefaultValueFactory = _ => 20 };

var root = new RootCommand("Measures CoKe.Orleans against its budgets, beside its peers, in one run on this machine.")
{
    json,
    rounds,
    peers,
};
var kernel = new Command("kernel", "The scoring kernel against the matrix product alone.");
kernel.SetAction(parse => KernelBenchmark.Run(new Peers(parse.GetValue(peers)), parse.GetValue(rounds)).Print(parse.GetValue(json)));
var silos = new Option<int>("--silos")
{
    Description = "1: one silo inside the process. 2: two silo processes on PostgreSQL, on a server that is started for them.",
    DefaultValueFactory = _ => 1,
};
silos.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() is not (1 or 2))
        result.AddError("--silos is 1 or 2.");
});
var rights = new Option<bool>("--rights") { Description = "With and without the filters that hold every call to its right, in turns." };
var threads = new Option<bool>("--threads") { Description = "With one scoring thread and with one on every core, in turns." };
var step = new Command("step", "A whole clustering step through the actors against an in-process PyTorch step.") { silos, rights, threads };
step.SetAction(
    async (parse, _) =>
        (
            await (
                parse.GetValue(rights) ? StepBenchmark.RunRightsAsync(parse.GetValue(rounds))
                : parse.GetValue(threads) ? StepBenchmark.RunThreadsAsync(parse.GetValue(rounds))
                : parse.GetValue(silos) == 1 ? StepBenchmark.RunAsync(new Peers(parse.GetValue(peers)), parse.GetValue(rounds))
                : StepBenchmark.RunOnTwoAsync(new Peers(parse.GetValue(peers)), parse.GetValue(rounds))
            )
        ).Print(parse.GetValue(json))
);
var growing = new Option<int[]>("--clusters")
{
    Description = "The numbers of clusters.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [1_000, 3_000, 10_000, 30_000, 100_000],
};
var picture = new Option<FileInfo?>("--picture") { Description = "Also draws an SVG file." };
var growth = new Command("growth", "How a step, its CPU and a silo's memory grow with K, on one silo process and on two.")
{
    growing,
    picture,
};
growth.SetAction(
    async (parse, _) => (await GrowthBenchmark.RunAsync(parse.GetValue(growing)!, parse.GetValue(picture))).Print(parse.GetValue(json))
);
var stream = new Command("stream", "512 KB messages between two processes against Orleans' memory streams.");
stream.SetAction(async (parse, _) => (await StreamBenchmark.RunAsync(parse.GetValue(rounds))).Print(parse.GetValue(json)));
var rate = new Command("rate", "What the paper's 8-GPU rate costs a silo of its own.") { seconds };
rate.SetAction(
    async (parse, _) => (await RateBenchmark.RunAsync(parse.GetValue(rounds), parse.GetValue(seconds))).Print(parse.GetValue(json))
);
var door = new Command("door", "What a Python session over HTTP costs a silo of its own, against the C# session.") { seconds };
door.SetAction(
    async (parse, _) => (await DoorBenchmark.RunAsync(parse.GetValue(rounds), parse.GetValue(seconds))).Print(parse.GetValue(json))
);
var storage = new Option<string>("--storage")
{
    Description = "sqlite: the CPU of a checkpoint. postgres: how long one takes, on a server that is started for it.",
    DefaultValueFactory = _ => "sqlite",
}.AcceptOnlyFromAmong("sqlite", "postgres");
var checkpoint = new Command("checkpoint", "What checkpoints cost a silo of its own, with 12,000 clusters.") { storage };
checkpoint.SetAction(
    async (parse, _) =>
        (
            await (
                parse.GetValue(storage) == "postgres"
                    ? PostgresBenchmark.RunAsync(parse.GetValue(rounds))
                    : CheckpointBenchmark.RunAsync(parse.GetValue(rounds))
            )
        ).Print(parse.GetValue(json))
);
var epochs = new Option<int>("--epochs") { Description = "How many epochs.", DefaultValueFactory = _ => 10 };
var disk = new Command("disk", "How large the SQLite file of an ImageNet run of three heads gets, epoch by epoch.") { epochs };
disk.SetAction(async (parse, _) => (await DiskBenchmark.RunAsync(parse.GetValue(epochs))).Print(parse.GetValue(json)));
var move = new Command("move", "How long a run stands still when a silo joins, leaves or is killed.");
move.SetAction(async (parse, _) => (await MoveBenchmark.RunAsync(parse.GetValue(rounds))).Print(parse.GetValue(json)));
var faults = new Command("faults", "How long a run stands still when one of two silo processes on PostgreSQL is killed.");
faults.SetAction(async (parse, _) => (await FaultBenchmark.RunAsync(parse.GetValue(rounds))).Print(parse.GetValue(json)));
var methodName = new Option<string?>("--method")
{
    Description = "Only methods whose name, as IClusterBlockGrain.GetClustersAsync, has this in it.",
};
var hostile = new Command(
    "hostile",
    "What a client with the feed token that calls every method of every contract, 10,000 calls in turns, costs a run."
)
{
    methodName,
};
hostile.SetAction(
    async (parse, _) => (await HostileBenchmark.RunAsync(parse.GetValue(rounds), parse.GetValue(methodName))).Print(parse.GetValue(json))
);
var idle = new Command("idle", "A silo that may open 1,024 files, under 5,000 connections to each port that say nothing.");
idle.SetAction(async (parse, _) => (await IdleBenchmark.RunAsync()).Print(parse.GetValue(json)));
var target = new Argument<string>("HOST:PORT");
var count = new Argument<int>("COUNT");
var addresses = new Argument<int>("ADDRESSES");
var holder = new Command("idle-holder", "The process that 'idle' starts for every port.") { target, count, addresses };
holder.Hidden = true;
holder.SetAction(
    (parse, _) =>
        IdleHolder.RunAsync(System.Net.IPEndPoint.Parse(parse.GetRequiredValue(target)), parse.GetValue(count), parse.GetValue(addresses))
);
var training = new Command(
    "training",
    "A step of the trainer against PyTorch's, and its memory: what follows goes to benchmarks/Training (speed, memory)."
)
{
    TreatUnmatchedTokensAsErrors = false,
};
training.SetAction(parse => TrainingProcess.Run(parse.UnmatchedTokens));
var memory = new Command("memory", "The memory of two silo processes and two trainer processes, epoch by epoch.") { epochs };
memory.SetAction(async (parse, _) => (await MemoryBenchmark.RunAsync(parse.GetValue(epochs))).Print(parse.GetValue(json)));
var clusters = new Option<int?>("--clusters") { Description = "Only this K." };
var clustering = new Command("clustering", "`coke cluster` as a whole command against FAISS and scikit-learn.") { clusters };
clustering.SetAction(parse => ClusteringBenchmark.Run(parse.GetValue(rounds), parse.GetValue(clusters)).Print(parse.GetValue(json)));
var images = new Option<int>("--images") { Description = "N.", DefaultValueFactory = _ => 10_000 };
var quality = new Command("quality", "Mean similarity under minimum sizes against scikit-learn's KMeans without any.") { images, clusters };
quality.SetAction(parse =>
    ClusteringBenchmark.RunQuality(parse.GetValue(images), parse.GetValue(clusters) ?? 100).Print(parse.GetValue(json))
);
clustering.Subcommands.Add(quality);
var only = new Option<string[]>("--only")
{
    Description = "Only cases whose name begins so, for instance fashion-10000 or skewed.",
    HelpName = "NAME",
    AllowMultipleArgumentsPerToken = true,
};
var flow = new Option<bool>("--peer", "--flow")
{
    Description = "Beside OR-Tools' min-cost flow over all rows and clusters, the way of k-means-constrained.",
};
var sizes = new Command("sizes", "The exact step: minimums, gap, seconds and memory.") { only, flow };
sizes.SetAction(parse => SizesBenchmark.Run(parse.GetValue(only) ?? [], parse.GetValue(flow), parse.GetValue(json)));
var caseName = new Argument<string>("CASE");
var features = new Option<string?>("--features");
var sizesCase = new Command("sizes-case", "The process that 'sizes' starts for every case.") { caseName, features, flow };
sizesCase.Hidden = true;
sizesCase.SetAction(parse => SizesBenchmark.RunOne(parse.GetRequiredValue(caseName), parse.GetValue(features), parse.GetValue(flow)));
var other = new Option<DirectoryInfo?>("--other")
{
    Description = "The root of another checkout, built for Release, to compare with.",
    HelpName = "DIR",
};
var trainers = new Option<bool>("--trainer") { Description = "Start trainers too; build src/Trainer first." };
var start = new Command("start", "The CPU of short commands: `coke runs`, and a trainer's start.") { other, trainers };
start.SetAction(
    async (parse, _) =>
        (await StartBenchmark.RunAsync(parse.GetValue(rounds), parse.GetValue(other), parse.GetValue(trainers))).Print(parse.GetValue(json))
);
var gateway = new Option<string[]>("--gateway");
var rank = new Option<int>("--rank");
var trainer = new Command("trainer", "The trainer process that 'memory' starts.") { gateway, rank, epochs };
trainer.Hidden = true;
trainer.SetAction((parse, _) => TrainerProcess.RunAsync(parse.GetValue(gateway)!, parse.GetValue(rank), parse.GetValue(epochs)));
var data = new Option<string?>("--data");
var interval = new Option<int?>("--interval");
var silo = new Command("silo", "The silo process that the others start.") { data, interval };
silo.Hidden = true;
silo.SetAction(
    (parse, cancellation) => CoKe.Benchmarks.SiloProcess.HostAsync(parse.GetValue(data), parse.GetValue(interval), cancellation)
);
var rowCount = new Option<int>("--images") { Description = "N.", DefaultValueFactory = _ => 1_000_000 };
var dimension = new Option<int>("--dimension") { Description = "d.", DefaultValueFactory = _ => 2000 };
var fewClusters = new Option<int>("--clusters") { Description = "K.", DefaultValueFactory = _ => 1000 };
var passes = new Option<int>("--passes") { Description = "Passes at most.", DefaultValueFactory = _ => 3 };
var limit = new Option<long>("--limit") { Description = "The limit on the heap, in bytes.", DefaultValueFactory = _ => 1_500_000_000 };
var place = new Option<string?>("--folder")
{
    Description = "Where the features are made, twice their size; default: the folder for temporary files.",
    HelpName = "DIR",
};
var larger = new Command(
    "larger-than-memory",
    "Eight shards of float16 under a limit on the heap, beside one file and beside the way in memory."
)
{
    rowCount,
    dimension,
    fewClusters,
    passes,
    limit,
    place,
};
larger.SetAction(parse =>
    LargerThanMemoryBenchmark
        .Run(
            parse.GetValue(rowCount),
            parse.GetValue(dimension),
            parse.GetValue(fewClusters),
            parse.GetValue(passes),
            parse.GetValue(limit),
            parse.GetValue(place)
        )
        .Print(parse.GetValue(json))
);
root.Subcommands.Add(larger);
foreach (
    var command in new[]
    {
        kernel,
        step,
        growth,
        stream,
        rate,
        door,
        checkpoint,
        disk,
        move,
        faults,
        hostile,
        idle,
        holder,
        memory,
        training,
        clustering,
        sizes,
        sizesCase,
        start,
        trainer,
        silo,
    }
)
    root.Subcommands.Add(command);
return await root.Parse(args).InvokeAsync();
