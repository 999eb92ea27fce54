using CoKe.Trainer.Recipes;

namespace CoKe.Trainer.Commands;

/// <summary>What is to be evaluated, and on what.</summary>
/// <param name="Data">Folder of images; null: the run's or the recipe's.</param>
/// <param name="Threads">Threads of libtorch; null: the run's or the recipe's.</param>
/// <param name="Device">cpu or cuda; null likewise.</param>
sealed record EvaluateOptions(string? Data, int? Threads, string? Device)
{
    /// <summary>The folder of a run; null: there is a file.</summary>
    public string? Run { get; init; }

    /// <summary>Silos that cluster the run, where they moved since; see <see cref="Recipes.RunOptions.Silos"/>.</summary>
    public IReadOnlyDictionary<string, string> Silos { get; init; } = new Dictionary<string, string>();

    /// <summary>A safetensors file; null: there is a run.</summary>
    public string? Weights { get; init; }

    /// <summary>How the encoder of that file is made.</summary>
    public RecipeFile? Recipe { get; init; }

    /// <summary>What stands before the names of the encoder in a file that holds several; null: it holds one.</summary>
    public string? Prefix { get; init; }
}
