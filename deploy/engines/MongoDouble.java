import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.util.List;

/** Speaks MongoDB's wire protocol over a file, as the version that the driver asks for. */
public final class MongoDouble {
  private static final class Version implements MongoVersion {
    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    public int getWireVersion() {
      return 13;
    }
  }

  public static void main(String[] words) {
    var backend = new H2Backend(words[1]);
    backend.version(new Version());
    var server = new MongoServer(backend);
    server.bind("127.0.0.1", Integer.parseInt(words[0]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
  }
}
