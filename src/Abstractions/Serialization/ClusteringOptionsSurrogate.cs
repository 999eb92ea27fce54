using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;

namespace CoKe.Abstractions.Serialization;

/// <summary>How clustering options travel: as their canonical JSON, which is also how people and storage see them.</summary>
[GenerateSerializer, Immutable]
public struct ClusteringOptionsSurrogate
{
    /// <summary>The canonical text.</summary>
    [Id(0)]
    public string Json;
}

/// <summary>Converts clustering options, which know nothing of Orleans, to and from their surrogate.</summary>
[RegisterConverter]
public sealed class ClusteringOptionsConverter : IConverter<ClusteringOptions, ClusteringOptionsSurrogate>
{
    /// <inheritdoc/>
    /// <exception cref="InvalidMessageException">There is no text.</exception>
    /// <exception cref="InvalidOptionsException">The text is none of options.</exception>
    public ClusteringOptions ConvertFromSurrogate(in ClusteringOptionsSurrogate surrogate) =>
        ClusteringOptions.FromJson(surrogate.Json ?? throw new InvalidMessageException("options", "has none"));

    /// <inheritdoc/>
    public ClusteringOptionsSurrogate ConvertToSurrogate(in ClusteringOptions value) => new() { Json = value.ToJson() };
}

/// <summary>Options are immutable: inside a silo they pass by reference.</summary>
[RegisterCopier]
public sealed class ClusteringOptionsCopier : IDeepCopier<ClusteringOptions>
{
    /// <inheritdoc/>
    public ClusteringOptions? DeepCopy(ClusteringOptions? input, CopyContext context) => input;
}

/// <summary>Lets our typed errors cross process boundaries as what they are.</summary>
public static class CokeExceptionSerialization
{
    // An error of the storage holds what the database said, and one of Orleans' own waits what cut it short. If that cannot travel, neither
    // can the error that says what to do.
    static readonly string[] _s_namespaces = ["CoKe.", "Npgsql", "Polly"];

    /// <summary>Registers the namespaces of our exceptions, and of what they hold; needed by every silo and client.</summary>
    public static IServiceCollection AddCokeExceptions(this IServiceCollection services) =>
        services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.UnionWith(_s_namespaces));
}
