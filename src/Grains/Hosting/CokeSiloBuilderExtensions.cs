using System.Diagnostics.Metrics;
using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Abstractions.Serialization;
using CoKe.Abstractions.Storage;
using CoKe.Grains.Clusters;
using CoKe.Grains.Observation;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;
using CoKe.Grains.Rights;
using CoKe.Grains.Runs;
using CoKe.Grains.Scoring;
using CoKe.Grains.Sequencing;
using CoKe.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;

namespace CoKe.Grains.Hosting;

/// <summary>Makes a silo host CoKe runs.</summary>
public static class CokeSiloBuilderExtensions
{
    /// <summary>Adds grains' services, block placement, the embedding stream, in-memory state, and the rights that calls must
    /// prove.</summary>
    /// <remarks>
    /// <para>A silo with options that cannot work does not start: <see cref="CoKe.Errors.InvalidOptionsException"/>.</para>
    /// <para>Silos call each other by a <see cref="ClusterSecret"/> that all of a cluster must share. A PostgreSQL database has one for its
    /// silos; otherwise each draws its own, which suits one silo, and several are given one singleton of the same bytes. Clients may do
    /// what their key in <see cref="ClientKeys"/> allows.</para>
    /// </remarks>
    public static ISiloBuilder AddCoke(this ISiloBuilder builder)
    {
        // With the default directory the surviving silos also lose grains whose entries the dead silo had: every run would roll back.
#pragma warning disable ORLEANSEXP003
        builder.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        builder.Configure<GrainDirectoryOptions>(LivenessOptions.Apply);
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services =>
            ActivatorUtilities.CreateInstance<SiloNews>(services)
        );
        // Grains that were made by a question alone leave at once, and what comes meanwhile, a restore above all, goes to the next of that
        // name.
        builder.Configure<SiloMessagingOptions>(messaging => messaging.MaxForwardCount = 10);
        builder.AddQueueStreams(EmbeddingStreams.ProviderName);
        builder.Services.AddSingleton<StreamAdmission>();
        builder.Services.AddSingleton<AdmitMessage>(services => services.GetRequiredService<StreamAdmission>().AdmitAsync);
        builder.Services.TryAddSingleton<ClusterSecret>(_ => new ClusterSecret());
        builder.Services.TryAddSingleton<ClientKeys>(_ => new ClientKeys());
        builder.Services.AddSingleton<CallKeys>();
        builder.AddIncomingGrainCallFilter<RightsFilter>();
        builder.AddOutgoingGrainCallFilter<ClusterCalls>();
        builder.AddMemoryGrainStorage(CokeStorage.Name); // a storage that is added later takes its place
        builder.Services.AddCokeExceptions();
        builder.Services.AddSingleton<ClusterDirectory>();
        builder.Services.AddSingleton<RunTroubles>();
        builder.Services.AddSingleton(services => new RunReservations(
            RunMemory.OfThisSilo,
            services.GetRequiredService<IOptions<SequencerOptions>>().Value.Lead
        ));
        builder.Services.AddSingleton(services => new LocalRuns(services.GetRequiredService<ClusterDirectory>().Forget));
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services =>
            ActivatorUtilities.CreateInstance<GracefulStop>(services)
        );
        builder.Services.TryAddSingleton<Silos, ClusterSilos>();
        builder.Services.TryAddSingleton<StorageHealth>();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<Failpoints>();
        AddMeasuring(builder);
        builder.Services.AddSingleton(services => new ActorWorld(
            services.GetRequiredService<IGrainFactory>(),
            services.GetRequiredService<MeasuredGrainStorage>(),
            services.GetRequiredService<Serializer>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<Failpoints>(),
            services.GetRequiredService<Silos>()
        )
        {
            SizeTable = services.GetService<IClusterSizeTable>(),
            Meter = services.GetRequiredService<SiloMeter>(),
            ReorderRoom = new ReorderRoom(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4),
        });
        builder.Services.AddOptions<SequencerOptions>().PostConfigure(options => options.Validate()).ValidateOnStart();
        builder.Services.AddOptions<BlockPlacementOptions>().PostConfigure(options => options.Validate()).ValidateOnStart();
        builder.Services.AddOptions<ScoringOptions>().PostConfigure(options => options.Validate()).ValidateOnStart();
        builder.Services.AddOptions<StopOptions>().PostConfigure(options => options.Validate()).ValidateOnStart();
        builder.Services.AddOptions<LivenessOptions>().PostConfigure(options => options.Validate()).ValidateOnStart();
        builder
            .Services.AddOptions<ClusterMembershipOptions>()
            .Configure<IOptions<LivenessOptions>>((membership, liveness) => liveness.Value.Apply(membership));
        builder.Services.AddPlacementDirector<HomePlacement, HomePlacementDirector>();
        builder.Services.AddPlacementDirector<SiloPlacement, SiloPlacementDirector>();
        return builder;
    }

    static void AddMeasuring(ISiloBuilder builder)
    {
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(services => new CokeMeter(services.GetRequiredService<IMeterFactory>()));
        builder.Services.AddSingleton(services => new SiloMeter(
            services.GetRequiredService<CokeMeter>().Meter,
            services.GetRequiredService<TimeProvider>()
        ));
        builder.Services.AddSingleton(services => new MeasuredGrainStorage(
            services.GetRequiredKeyedService<IGrainStorage>(CokeStorage.Name),
            services.GetRequiredService<CokeMeter>().Meter,
            services.GetRequiredService<TimeProvider>()
        ));
        builder.Services.AddSingleton<LocalFigures>();
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<LocalFigures>());
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services =>
            ActivatorUtilities.CreateInstance<StorageSizeGauge>(services)
        );
    }
}
