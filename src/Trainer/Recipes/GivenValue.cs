using YamlDotNet.RepresentationModel;

namespace CoKe.Trainer.Recipes;

/// <summary>A value as it was written.</summary>
/// <param name="Value">A scalar or a list.</param>
/// <param name="Where">File and line, or the option of the command line.</param>
sealed record GivenValue(YamlNode Value, string Where)
{
    /// <summary>As a person would write it.</summary>
    public string Text =>
        Value is YamlSequenceNode list
            ? $"[{string.Join(", ", list.Children.Select(item => item is YamlScalarNode scalar ? scalar.Value : "..."))}]"
            : ((YamlScalarNode)Value).Value ?? "";
}
