namespace CoKe.Architecture.Tests;

/// <summary>A namespace, what it may use of its own room, and why nothing else.</summary>
/// <param name="Namespace">In full, without those below it.</param>
/// <param name="Uses">Namespaces of the same room; each must be in use, so that the table stays true.</param>
/// <param name="Why">One sentence.</param>
sealed record NamespaceRule(string Namespace, string[] Uses, string Why)
{
    public override string ToString() =>
        Uses.Length == 0 ? $"{Namespace} uses none of its room" : $"{Namespace} uses only {string.Join(", ", Uses)}";
}

/// <summary>Who may use whom inside the rooms that have several parts. From the ground of each room to its top.</summary>
static class NamespaceRules
{
    /// <summary>Rooms whose namespaces must all stand in the table.</summary>
    public static IReadOnlyList<string> Rooms { get; } =
    ["CoKe.Grains", "CoKe.Storage", "CoKe.Client", "CoKe.Web", "CoKe.Silo", "CoKe.Cli", "CoKe.Learning", "CoKe.Trainer"];

    public static IReadOnlyList<NamespaceRule> All { get; } =
    [
        new("CoKe.Grains.Placement", [], "Where things live is decided from names and counts alone, and every grain is placed by it."),
        new("CoKe.Grains.Rights", [], "Who may call is judged before any grain is reached, so it can depend on none."),
        new("CoKe.Grains.Observation", [], "What is measured decides nothing, and whoever does something may say so."),
        new("CoKe.Grains.Durability", [], "Rows keep bytes with a checksum for anybody, and know neither rules nor owners."),
        new(
            "CoKe.Grains.Protocol",
            ["CoKe.Grains.Observation", "CoKe.Grains.Placement"],
            "The rules are pure, so that a test can drive them without grains and rows; the manifest says where parts live."
        ),
        new(
            "CoKe.Grains.Clusters",
            ["CoKe.Grains.Durability", "CoKe.Grains.Placement", "CoKe.Grains.Protocol"],
            "A block and its clusters answer to calls; they know no scorer, which is a cache of them."
        ),
        new(
            "CoKe.Grains.Labels",
            ["CoKe.Grains.Durability", "CoKe.Grains.Placement", "CoKe.Grains.Protocol"],
            "Labels belong to ranges of images, not to heads or clusters: they come as numbers in a call."
        ),
        new(
            "CoKe.Grains.Scoring",
            ["CoKe.Grains.Clusters", "CoKe.Grains.Placement", "CoKe.Grains.Protocol"],
            "A scorer stores nothing: what it holds is made of its blocks, so it has no rows."
        ),
        new(
            "CoKe.Grains.Heads",
            ["CoKe.Grains.Observation"],
            "A head orders steps and reduces what places tell; it reaches them by their contract alone."
        ),
        new(
            "CoKe.Grains.Sequencing",
            ["CoKe.Grains.Durability", "CoKe.Grains.Heads", "CoKe.Grains.Observation", "CoKe.Grains.Placement", "CoKe.Grains.Protocol"],
            "The sequencer reaches scorers and shards by their contracts only, wherever they live."
        ),
        new(
            "CoKe.Grains.Runs",
            ["CoKe.Grains.Durability", "CoKe.Grains.Placement", "CoKe.Grains.Protocol", "CoKe.Grains.Sequencing"],
            "A run is created and deleted above what carries it on, which does not ask who made it."
        ),
        new(
            "CoKe.Grains.Hosting",
            [
                "CoKe.Grains.Clusters",
                "CoKe.Grains.Observation",
                "CoKe.Grains.Placement",
                "CoKe.Grains.Protocol",
                "CoKe.Grains.Rights",
                "CoKe.Grains.Runs",
                "CoKe.Grains.Scoring",
                "CoKe.Grains.Sequencing",
            ],
            "Only here a silo is put together; what is put together must not know it."
        ),
        new("CoKe.Storage", [], "What both databases share knows neither."),
        new("CoKe.Storage.Postgres", ["CoKe.Storage"], "A silo on one database must not need the other."),
        new("CoKe.Storage.Sqlite", ["CoKe.Storage"], "A silo on one database must not need the other."),
        new("CoKe.Client.Gateways", [], "Whether a gateway answers is seen below what is asked over it."),
        new("CoKe.Client", ["CoKe.Client.Gateways"], "Sessions and questions use a connection, which knows none of them."),
        new("CoKe.Client.Conformance", ["CoKe.Client"], "A replay calls what everybody calls, and nothing needs it."),
        new("CoKe.Web", [], "How words are written, and what the door is told, is the same for all of it."),
        new("CoKe.Web.Problems", ["CoKe.Web"], "An error is told in one way, whoever meets it."),
        new("CoKe.Web.Arrays", ["CoKe.Web.Problems"], "Bodies and answers are numbers, and know nothing of requests."),
        new("CoKe.Web.Guards", ["CoKe.Web", "CoKe.Web.Problems"], "Visitors are judged before anybody knows what they ask for."),
        new("CoKe.Web.Watching", ["CoKe.Web", "CoKe.Web.Problems"], "News are the same, however they are sent."),
        new("CoKe.Web.Page", ["CoKe.Web", "CoKe.Web.Guards", "CoKe.Web.Problems"], "The page asks what everybody may ask, over HTTP."),
        new(
            "CoKe.Web.Endpoints",
            ["CoKe.Web", "CoKe.Web.Arrays", "CoKe.Web.Guards", "CoKe.Web.Problems", "CoKe.Web.Watching"],
            "What a request does knows no other host than the one that it is asked in."
        ),
        new(
            "CoKe.Web.Hosting",
            [
                "CoKe.Web",
                "CoKe.Web.Arrays",
                "CoKe.Web.Endpoints",
                "CoKe.Web.Guards",
                "CoKe.Web.Page",
                "CoKe.Web.Problems",
                "CoKe.Web.Watching",
            ],
            "Only here the door is put together."
        ),
        new("CoKe.Silo.Replay", [], "What the silos must answer is computed without one."),
        new("CoKe.Silo.Settings", [], "Settings are read and refused before anything starts."),
        new("CoKe.Silo.Http", ["CoKe.Silo.Settings"], "Pages show a silo that somebody else has started."),
        new(
            "CoKe.Silo.Hosting",
            ["CoKe.Silo.Http", "CoKe.Silo.Settings"],
            "The host takes settings that were read, and reads no command line."
        ),
        new(
            "CoKe.Silo",
            ["CoKe.Silo.Hosting", "CoKe.Silo.Http", "CoKe.Silo.Replay", "CoKe.Silo.Settings"],
            "The command is on top: nothing in the silo knows that it was started by one."
        ),
        new("CoKe.Cli.Output", [], "How something is shown does not depend on what a command computes."),
        new("CoKe.Cli.Features", [], "Files of features are read by whoever wants rows."),
        new("CoKe.Cli.CommandLine", ["CoKe.Cli.Output"], "What all commands share knows none of them."),
        new("CoKe.Cli.Labeling", ["CoKe.Cli.Features"], "Labels are found for rows, whatever command asks."),
        new(
            "CoKe.Cli.Sizes",
            ["CoKe.Cli.CommandLine", "CoKe.Cli.Features", "CoKe.Cli.Output"],
            "The exact step serves several commands, so it has its options and its sentences but no command."
        ),
        new("CoKe.Cli.Clustering", ["CoKe.Cli.Features", "CoKe.Cli.Sizes"], "Clustering gives a result and says nothing to anybody."),
        new(
            "CoKe.Cli.Report",
            ["CoKe.Cli.Clustering", "CoKe.Cli.Features", "CoKe.Cli.Output", "CoKe.Cli.Sizes"],
            "A report tells a result; which command made it does not matter."
        ),
        new(
            "CoKe.Cli.Commands",
            [
                "CoKe.Cli.Clustering",
                "CoKe.Cli.CommandLine",
                "CoKe.Cli.Features",
                "CoKe.Cli.Labeling",
                "CoKe.Cli.Output",
                "CoKe.Cli.Report",
                "CoKe.Cli.Sizes",
            ],
            "Commands put all of it together, and nothing uses them."
        ),
        new("CoKe.Learning", [], "What options must be is asked by every part."),
        new("CoKe.Learning.Tensors", [], "libtorch is made safe below everything that computes with it."),
        new("CoKe.Learning.Images", [], "Images are bytes with a size; who decodes, draws or learns from them does not matter to them."),
        new("CoKe.Learning.ImageFolders", ["CoKe.Learning.Images"], "Folders of files are one source of images."),
        new(
            "CoKe.Learning.Views",
            ["CoKe.Learning.Images", "CoKe.Learning.Tensors"],
            "Views are drawn of images, for whatever learns from them."
        ),
        new(
            "CoKe.Learning.Data",
            ["CoKe.Learning.ImageFolders", "CoKe.Learning.Images", "CoKe.Learning.Views"],
            "What a folder holds is found out without an encoder or a clustering."
        ),
        new(
            "CoKe.Learning.Encoders",
            ["CoKe.Learning", "CoKe.Learning.Tensors"],
            "An encoder turns tensors into tensors, and knows no images, losses or clusters."
        ),
        new(
            "CoKe.Learning.Losses",
            ["CoKe.Learning", "CoKe.Learning.Tensors"],
            "A loss is a function of embeddings and targets, to be tried by itself."
        ),
        new("CoKe.Learning.Optimizers", ["CoKe.Learning", "CoKe.Learning.Tensors"], "An optimizer moves parameters, whose they may be."),
        new(
            "CoKe.Learning.Weights",
            ["CoKe.Learning.Encoders", "CoKe.Learning.Images"],
            "Files of weights are read into an encoder, trained here or elsewhere."
        ),
        new(
            "CoKe.Learning.Evaluation",
            [
                "CoKe.Learning.Data",
                "CoKe.Learning.Encoders",
                "CoKe.Learning.ImageFolders",
                "CoKe.Learning.Images",
                "CoKe.Learning.Tensors",
                "CoKe.Learning.Views",
            ],
            "Classes are read here and nowhere below; what trains may ask, and nothing it learns depends on the answer."
        ),
        new(
            "CoKe.Learning.Resume",
            ["CoKe.Learning.Evaluation"],
            "A save is what a trainer was at a boundary; it can be read without training."
        ),
        new(
            "CoKe.Learning.Distributed",
            ["CoKe.Learning.Data", "CoKe.Learning.ImageFolders", "CoKe.Learning.Images", "CoKe.Learning.Resume", "CoKe.Learning.Tensors"],
            "Trainers agree with each other without knowing what is trained."
        ),
        new(
            "CoKe.Learning.Training",
            [
                "CoKe.Learning",
                "CoKe.Learning.Data",
                "CoKe.Learning.Distributed",
                "CoKe.Learning.Encoders",
                "CoKe.Learning.Evaluation",
                "CoKe.Learning.Images",
                "CoKe.Learning.Losses",
                "CoKe.Learning.Optimizers",
                "CoKe.Learning.Resume",
                "CoKe.Learning.Tensors",
                "CoKe.Learning.Views",
            ],
            "Algorithm 2 is on top: it calls downwards only."
        ),
        new("CoKe.Trainer.Recipes", [], "A recipe says what is wanted, and knows nothing of how a run goes."),
        new("CoKe.Trainer.TensorBoard", [], "A file for TensorBoard is written of epochs, whoever runs them."),
        new("CoKe.Trainer.Report", ["CoKe.Trainer.Recipes"], "A report tells a result; it does not make one."),
        new(
            "CoKe.Trainer.Runs",
            ["CoKe.Trainer.Recipes", "CoKe.Trainer.Report", "CoKe.Trainer.TensorBoard"],
            "A run goes from its folder to its report, without a command line."
        ),
        new(
            "CoKe.Trainer.Commands",
            ["CoKe.Trainer.Recipes", "CoKe.Trainer.Report", "CoKe.Trainer.Runs"],
            "Commands put all of it together, and nothing uses them."
        ),
    ];
}
