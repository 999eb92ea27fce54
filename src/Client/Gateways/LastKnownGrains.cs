using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;

namespace CoKe.Client.Gateways;

/// <summary>
/// The kinds of grains that silos have, as a client knows them: of the last silo that told of any. A silo that stops in order says that the
/// cluster has no silo. If its membership is its own, it numbers from the start when it is back, and Orleans' client keeps the higher
/// number: the empty list would stand for ever, and no grain could be addressed again.
/// </summary>
/// <param name="told">What the silos tell.</param>
sealed class LastKnownGrains(IClusterManifestProvider told) : IClusterManifestProvider
{
    ClusterManifest? _last;

    public ClusterManifest Current
    {
        get
        {
            var now = told.Current;
            if (TellsOfSilos(now))
                _last = now;
            return _last ?? now;
        }
    }

    public IAsyncEnumerable<ClusterManifest> Updates => told.Updates;

    public GrainManifest LocalGrainManifest => told.LocalGrainManifest;

    /// <summary>False: no silo has told of its grains yet.</summary>
    public bool AreKnown => TellsOfSilos(Current);

    /// <summary>Puts it before what Orleans' client has registered.</summary>
    public static void AddTo(IServiceCollection services)
    {
        var orleans = services.Last(service => service.ServiceType == typeof(IClusterManifestProvider)).ImplementationFactory
            ?? throw new InvalidOperationException("Orleans' client no longer makes its manifest provider by a factory.");
        services.AddSingleton(provider => new LastKnownGrains((IClusterManifestProvider)orleans(provider)));
        services.AddSingleton<IClusterManifestProvider>(provider => provider.GetRequiredService<LastKnownGrains>());
    }

    // The client's own part has interfaces only.
    static bool TellsOfSilos(ClusterManifest manifest) => manifest.Silos.Values.Any(silo => !silo.Grains.IsEmpty);
}
