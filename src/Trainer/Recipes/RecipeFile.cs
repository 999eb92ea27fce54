namespace CoKe.Trainer.Recipes;

/// <summary>What recipe files and the command line say together: the hyper-parameters, and whatever else the numbers of a run depend
/// on.</summary>
sealed record RecipeFile
{
    /// <summary>Name of the file, without folder and ending.</summary>
    public string Name { get; init; } = "";

    /// <summary>One line: what it trains.</summary>
    public string What { get; init; } = "";

    /// <summary>Where its settings come from.</summary>
    public string Source { get; init; } = "";

    /// <summary>Of weights, views, order and initial centers.</summary>
    public int Seed { get; init; }

    /// <summary>The folder of images; null: the bundled ones.</summary>
    public string? Folder { get; init; }

    /// <summary>At most so many training images; null: all.</summary>
    public int? Images { get; init; }

    /// <summary>Threads of libtorch.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>cpu or cuda.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Every hyper-parameter.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>Where every key was given, by its name; what is not here is as in <see cref="RecipeDefaults"/>.</summary>
    public IReadOnlyDictionary<string, GivenValue> Given { get; init; } = new Dictionary<string, GivenValue>();
}
