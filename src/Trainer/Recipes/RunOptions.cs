using CoKe.Learning.Data;
using CoKe.Settings;

namespace CoKe.Trainer.Recipes;

/// <summary>What a run was asked for.</summary>
/// <param name="Data">Folder of images; null: the bundled part of Fashion-MNIST.</param>
/// <param name="Seed">Seed of weights, views, order and initial centers: equal seeds give equal numbers.</param>
/// <param name="Out">Folder for report.html and summary.json, and for what the run goes on from.</param>
/// <param name="Images">At most so many training images; null: all.</param>
/// <param name="Threads">Threads of libtorch. One is best on few cores: the clustering uses the others.</param>
/// <param name="Device">cpu or cuda.</param>
/// <param name="Recipe">Every hyper-parameter.</param>
/// <param name="Start">How to begin.</param>
sealed record RunOptions(
    string? Data,
    int Seed,
    string Out,
    int? Images,
    int Threads,
    string Device,
    Recipe Recipe,
    RunStart Start = RunStart.Fresh
)
{
    /// <summary>The name of a run that was given none.</summary>
    public const string DefaultRunName = "demo";

    /// <summary>How the silos are reached that cluster, by the names of <see cref="GatewaySettings"/>; empty: a silo in this process
    /// does.</summary>
    public IReadOnlyDictionary<string, string> Silos { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the silo in this process keeps the run; null: with the state in <see cref="Out"/>.</summary>
    public string? Database { get; init; }

    /// <summary>The clustering's run.</summary>
    public string RunName { get; init; } = DefaultRunName;

    /// <summary>Trainers that share the model.</summary>
    public int World { get; init; } = 1;

    /// <summary>One line: what is trained.</summary>
    public string What { get; init; } = "";

    /// <summary>Where the settings come from.</summary>
    public string Source { get; init; } = "";

    /// <summary>The recipe as it was written, to say where a value that is refused was given. Null: it is a run's own.</summary>
    public RecipeFile? Asked { get; init; }

    /// <summary>The recipe of the run, to be written beside it.</summary>
    public RecipeFile ToRecipeFile() =>
        new()
        {
            What = What,
            Source = Source,
            Seed = Seed,
            Folder = Data is { } folder ? Path.GetFullPath(folder) : null,
            Images = Images,
            Threads = Threads,
            Device = Device,
            Recipe = Recipe,
        };

    /// <summary>The folder that is read.</summary>
    public string Folder => Data ?? BundledImages.Folder;
}

/// <summary>What to do with the run that is in the folder.</summary>
enum RunStart
{
    /// <summary>There must be none.</summary>
    Fresh,

    /// <summary>Replace any.</summary>
    Forced,

    /// <summary>Go on with it.</summary>
    Resumed,
}
